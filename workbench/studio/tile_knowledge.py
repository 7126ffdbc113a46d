"""The home page's tile of knowledge: the graphs of this home, with the way to their page."""

from __future__ import annotations

from typing import Any

from workbench.studio.knowledge_facts import KnowledgeFacts
from workbench.studio.links import current_links
from workbench.studio.markup import count, escape, when
from workbench.studio.tiles import tile

_PAGE, _REVIEW = "notebooks/dashboards/knowledge.ipynb", "notebooks/dashboards/review.ipynb"
_MOST = 3
_facts = KnowledgeFacts(closely=False)


@tile("knowledge", title="Knowledge", order=38, stamp=_facts.stamp, look=_facts.look)
def draw_knowledge() -> str:
    """The newest graphs in a line each; or how to make one."""
    for error in _facts.now.trouble.values():
        raise error
    pages = ((_PAGE, "The knowledge page"), (_REVIEW, "Review proposals"))
    to = current_links().dashboard
    links = (f'<a href="{escape(to(page))}">{said}</a>' for page, said in pages)
    link = f"<p>{' · '.join(links)}</p>"
    graphs = sorted(_facts.now.graphs, key=lambda row: row["changed"] or "", reverse=True)
    if not graphs:
        command = "<code>workbench knowledge build notes FOLDER</code>"
        return f'<p class="q">No knowledge base yet: {command}</p>{link}'
    more = len(graphs) - _MOST
    rest = f'<p class="q">and {more:,} more</p>' if more > 0 else ""
    return f'<ul class="wb-rows">{"".join(map(_row, graphs[:_MOST]))}</ul>{rest}{link}'


def _row(graph: dict[str, Any]) -> str:
    unread = f"<span>✗ {graph['unread']:,} not read</span>" if graph["unread"] else ""
    changed = f"<span>changed {when(graph['changed'])}</span>" if graph["changed"] else ""
    return (
        f"<li><span class='name'>{escape(graph['name'])}</span><span class='side'>"
        f"{count(graph['documents'], 'document')}</span><p class='facts'>{changed}{unread}</p></li>"
    )
