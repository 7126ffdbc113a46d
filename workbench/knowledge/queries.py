"""What is read of a graph: SQL whose first parameter is a recorded time."""

from __future__ import annotations

# The rows that were open at ?1.
OPEN = "recorded_from <= ?1 AND (recorded_to IS NULL OR recorded_to > ?1)"
# Not the statements of a space, which are documents of their own.
FROM_FILES = "folder_id IN (SELECT id FROM folders WHERE kind = 'folder')"
DOCUMENTS = f"""
SELECT documents.id, folder_id, path, documents.reader, documents.source_sha256, encoding,
    characters
FROM documents JOIN readings ON readings.id = reading_id WHERE {OPEN}
"""
# The paths that stand in several folders.
SHARED_PATHS = f"""
SELECT path FROM documents WHERE {OPEN} AND reading_id IS NOT NULL
GROUP BY path HAVING count(DISTINCT folder_id) > 1 ORDER BY path
"""
FROM_PASSAGES = f"""
FROM (SELECT id, reading_id FROM documents WHERE {OPEN}) AS document
JOIN chunks USING (reading_id)
JOIN {{found}} AS found USING (passage_id)
JOIN extractors ON extractors.id = found.extractor_id
WHERE found.extractor_id IN (SELECT extractor_id FROM extractor_uses WHERE {OPEN})
"""
CHUNKS = f"""
SELECT document.id AS document, start, stop, place, key, kind, text, passage_id
FROM (SELECT id, reading_id FROM documents WHERE {OPEN}) AS document
JOIN chunks USING (reading_id) JOIN passages ON passages.id = passage_id
"""
PASSAGE_KEYS = f"""
SELECT key FROM passages WHERE id IN (SELECT passage_id
FROM (SELECT id, reading_id FROM documents WHERE {OPEN}) JOIN chunks USING (reading_id))
"""
MENTIONS = (
    "SELECT document.id AS document, chunks.start + found.start AS start, "
    "chunks.start + found.stop AS stop, found.kind, found.name, confidence, "
    "extractors.name AS extractor, version " + FROM_PASSAGES.format(found="mentions")
)
ALIASES = "SELECT DISTINCT document.id, short, long " + FROM_PASSAGES.format(found="aliases")
ASSERTIONS = (
    "SELECT document.id AS document, chunks.start + found.start AS start, "
    "chunks.start + found.stop AS stop, key, subject, relation, object, valid_from, valid_to, "
    "confidence, extractors.name AS extractor, version " + FROM_PASSAGES.format(found="assertions")
)

RELATIONS = "SELECT DISTINCT relation " + FROM_PASSAGES.format(found="assertions")

# When each assertion was held: while a document was open that says it, and an extractor in use.
HELD = """
SELECT key, max(documents.recorded_from, used.recorded_from) AS since,
    min(coalesce(documents.recorded_to, ?1), coalesce(used.recorded_to, ?1)) AS until
FROM documents JOIN chunks USING (reading_id) JOIN assertions USING (passage_id)
JOIN extractor_uses AS used USING (extractor_id)
WHERE since < until ORDER BY since
"""

# Documents by the path and the section of their first chunk.
TITLES = f"""
SELECT document.id AS document, path, place
FROM (SELECT id, reading_id, path FROM documents WHERE {OPEN}) AS document
JOIN chunks USING (reading_id)
WHERE start = (SELECT min(start) FROM chunks AS other WHERE other.reading_id = chunks.reading_id)
"""
# The texts in which names stand; ?2 is a JSON list of names.
AROUND_NAMES = (
    "SELECT DISTINCT document.id AS document, found.name, "
    "(SELECT text FROM passages WHERE id = passage_id) AS text "
    + FROM_PASSAGES.format(found="mentions")
    + "AND found.name IN (SELECT value FROM json_each(?2))"
)
# The texts of documents; ?2 is a JSON list of their ids.
TEXTS = f"""
SELECT document.id AS document, text
FROM (SELECT id, reading_id FROM documents WHERE {OPEN}
    AND id IN (SELECT value FROM json_each(?2))) AS document
JOIN chunks USING (reading_id) JOIN passages ON passages.id = passage_id
ORDER BY document.id, start
"""
# The words of what is asserted; ?2 is a JSON list of ids of documents.
QUOTES = (
    "SELECT document.id AS document, chunks.start + found.start AS start, "
    "chunks.start + found.stop AS stop, key, (SELECT substr(text, found.start + 1, "
    "found.stop - found.start) FROM passages WHERE id = passage_id) AS words "
    + FROM_PASSAGES.format(found="assertions")
    + "AND document.id IN (SELECT value FROM json_each(?2))"
)
# What users decide and a state depends on; that two are not one changes nothing in it.
EVENTS = ("events", "sense_events", "rule_events", "agreed_events")
# When anything that a state depends on changed.
MOMENTS = """
SELECT DISTINCT moment FROM (
    SELECT recorded_from AS moment FROM documents UNION ALL SELECT recorded_to FROM documents
    UNION ALL SELECT recorded_from FROM extractor_uses
    UNION ALL SELECT recorded_to FROM extractor_uses
    {events}
) WHERE moment <= ?1 ORDER BY moment
""".format(events=" ".join(f"UNION ALL SELECT recorded_us FROM {table}" for table in EVENTS))
FAULT = "coalesce(fault, CASE WHEN characters = 0 THEN 'it has no text' END)"
"""Why one of ``documents`` joined with ``readings`` says nothing: NULL where it has text."""
