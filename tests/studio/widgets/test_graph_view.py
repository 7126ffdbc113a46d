"""A graph as a widget: what the script is sent, the picture, and the page that stands alone."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from statistics import mean

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import mime_bundle, page_of
from workbench.knowledge.views.difference import (
    DocumentChange,
    FactChange,
    GraphDiff,
    SupportChange,
)
from workbench.knowledge.views.picture import DrawnEntity, DrawnFact, Picture
from workbench.studio.widgets import graph_view_svg
from workbench.studio.widgets.drawing import sans_px
from workbench.studio.widgets.graph_view import GraphView, cut
from workbench.studio.widgets.graph_ways import ways_of

ADDRESS = re.compile(r"(?:https?:)?//[\w.]|\b(?:src|href)\s*=|@import|url\(|\bimport\s*\(|fetch\(")
PLACES = [(0.0, 0.0), (2.0, 0.5), (-1.0, 0.0), (0.2, 1.0), (0.0, -3.0), (1.0, 0.0)]


def entity(name: str, x: float, y: float, **more: object) -> DrawnEntity:
    found = DrawnEntity(name.casefold(), name, (name,), ("name",), 2, x, y)
    return dataclasses.replace(found, **more)  # type: ignore[arg-type]


def fact(subject: int, relation: str, thing: int, **more: object) -> DrawnFact:
    """A fact that is so at the one time of the picture."""
    found = DrawnFact(
        subject, relation, thing, None, None, 0.9, False, None, "as it is said", "a.txt", 3, 9, 1,
        ((0, 0),),
    )  # fmt: skip
    return dataclasses.replace(found, **more)  # type: ignore[arg-type]


@pytest.fixture
def picture() -> Picture:
    entities = (
        entity("Ada </script><i x>", 0, 0),
        entity("London", 1, 0, change="came"),
        entity("Paris", 0, 1),
        entity("1815", 1, 1, is_value=True),
    )
    facts = (
        fact(0, "born_in", 1, clashes=(0,), words="born <in> London"),
        fact(0, "born_in", 2, clashes=(0,), change="went"),
        fact(0, "born_on", 3, valid_from="1815", valid_to="1815", places=3),
        fact(1, "located_in", 2, inferred=True, rule="a(x, y) -> b(x, y)", document=None),
    )
    rule = "born_in(x, y) & born_in(x, z) -> y = z"
    return Picture("made", "made", 0, 2, "none", ("now",), entities, facts, (rule,), left_out=7)


def test_arrows_lead_to_the_nearest_neighbour_on_each_side() -> None:
    pairs = [(0, each) for each in range(1, 6)] + [(3, 3), (0, 1)]
    found = ways_of(PLACES, pairs)
    assert found[0] == ((5, 1), (2,), (3,), (4,))  # right, left, lower, upper
    assert found[4] == ((), (), (0,), ())
    # Each neighbour is on just one side, and no side leads to one that is none.
    for number, sides in enumerate(found):
        listed = [each for side in sides for each in side]
        near = {a + b - number for a, b in pairs if number in (a, b) and a != b}
        assert sorted(listed) == sorted(near)


def test_the_script_is_sent_all_of_it(picture: Picture) -> None:
    sent = GraphView(picture).payload()
    assert json.loads(json.dumps(sent)) == sent
    assert sent["relations"] == ["born in", "born on", "located in"]
    assert [each[0] for each in sent["entities"]] == [each.name for each in picture.entities]
    assert sent["links"][2][:4] == [0, 1, 3, "1815"] and sent["links"][2][8] == 2
    assert sent["links"][3][5] == "a(x, y) -> b(x, y)" and sent["links"][1][11] == "went"
    assert sent["facts"] == ["4 entities", "4 facts", "1 inferred", "1 contradiction"]
    assert sent["warning"].startswith("7 entities more")
    assert sent["about"] == 0
    assert GraphView(dataclasses.replace(picture, about=None)).payload()["about"] == -1
    widget = GraphView(picture).live()
    assert widget.data == sent and ".wb-graph" in widget._css


def test_the_picture_tells_lines_apart_by_more_than_colour(picture: Picture) -> None:
    svg = GraphView(picture).svg()
    assert svg.count("stroke-dasharray") == 2  # the inferred one, and its key
    for said in ("× contradicted", "− went", "inferred", "said in a document", "+ London"):
        assert said in svg
    assert svg.count("<circle") == 3
    both = GraphView(picture).to_svg()
    assert '[fill="#1d7a48"]{fill:#6cc793}' in both  # it has a dark twin
    assert GraphView(picture).to_png()[:4] == b"\x89PNG"


TEXT = re.compile(
    r'<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)" text-anchor="middle"[^>]*>([^<]*)'
)


def covered(svg: str) -> list[tuple[str, str]]:
    """The pairs of texts of which one stands on the other, by boxes a little tighter than they."""
    boxes = []
    for x, y, size, said in TEXT.findall(svg):
        half, middle = sans_px(said, float(size)) / 2 - 1, float(y) - float(size) / 3
        tall = float(size) / 2 - 2
        boxes.append((said, float(x) - half, float(x) + half, middle - tall, middle + tall))
    return [
        (one[0], two[0])
        for one, two in itertools.combinations(boxes, 2)
        if one[1] < two[2] and one[2] > two[1] and one[3] < two[4] and one[4] > two[3]
    ]


def test_no_name_in_the_picture_stands_on_another(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several facts between two entities, and a long name at the end of a line that falls."""
    places = [("Mara Quill", 0, 0), ("Ostra", -1.4, 0.4), ("Tamber in the hills", 1.3, 0.4)]
    facts = [fact(0, relation, 1, change="came") for relation in ("mayor_of", "born_in", "died_in")]
    facts += [fact(0, "born_in", 2, change="went"), fact(2, "located_in", 3, change="came")]
    entities = tuple(entity(*each) for each in [*places, ("Sund County", 2.6, 0.8)])
    view = GraphView(dataclasses.replace(picture, entities=entities, facts=tuple(facts)))
    found = view.svg()
    assert covered(found) == []
    assert found.count("born in</text>") >= 1 and "located in</text>" in found
    # What the names of lines were: in the middle, whatever stands there.
    monkeypatch.setattr(
        graph_view_svg, "_free", lambda line, *_: tuple(map(mean, zip(*line, strict=True)))
    )
    assert covered(view.svg())


def test_a_time_is_chosen_by_its_number(picture: Picture) -> None:
    facts = (fact(0, "born_in", 1, times=((0, 0),)), fact(0, "born_in", 2, times=((1, 1),)))
    view = GraphView(dataclasses.replace(picture, times=("1990", "any time"), facts=facts))
    assert [each.object for each in view.at(0)] == [1]
    assert [each.object for each in view.at()] == [2]
    assert "London</text>" in view.svg(**view.choice(0))
    assert "London</text>" not in view.svg(**view.choice(-1))
    with pytest.raises(InputError, match="there is no time 2; they go from 0 to 1"):
        view.svg(time=2)


def test_names_cannot_end_what_they_stand_in(picture: Picture) -> None:
    view = GraphView(picture)
    for made in (view.html(), view.svg(), page_of(picture)):
        assert "<i x>" not in made and "Ada </script>" not in made
    page = page_of(picture)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert data is not None
    assert json.loads(data[1])["entities"][0][0] == "Ada </script><i x>"


def test_a_page_needs_nothing_from_elsewhere(picture: Picture) -> None:
    page = page_of(picture)
    found = page.replace("http://www.w3.org/2000/svg", "")  # the name of what an <svg> is
    assert ADDRESS.search(found) is None
    assert "default-src 'none'" in page and page.startswith("<!doctype html>")
    assert "<noscript>" in page and page.count("</script>") == 2
    for planted in ("<a href='x'>", "https://x", "//cdn.x/y.js", "url(x)", "import('x')"):
        assert ADDRESS.search(found + planted)
    with pytest.raises(NotFoundError, match="draws int as a page"):
        page_of(3)


def test_what_stands_still_is_small_however_large_the_graph(picture: Picture) -> None:
    count = 1500
    entities = tuple(entity(f"Entity {n}", n % 40, n // 40) for n in range(count))
    facts = tuple(fact(n // 3, "part_of", n, words="w" * 400) for n in range(1, count))
    large = GraphView(dataclasses.replace(picture, entities=entities, facts=facts, about=700))
    html = large.html()
    assert len(html.encode()) < 120_000
    assert "1,200 entities of fewer facts are not in this page" in html
    kept = cut(large, 300).picture
    assert len(kept.entities) == 300 and kept.about is not None
    assert kept.entities[kept.about].name == "Entity 700"
    for each in kept.facts:  # the numbers of ends go with the entities
        first, second = (int(kept.entities[n].name[7:]) for n in (each.subject, each.object))
        assert first == second // 3
    assert cut(large, 5000) is large


def test_a_difference_is_tables_and_the_picture_where_asked(picture: Picture) -> None:
    support = (SupportChange("came", "a&b.txt", 3, 9, "said <so>"),)
    change = FactChange(
        "came", "ada", "born_in", "london", None, None, "Ada <b>", "London", support
    )
    times = ("2026-11-27T10:00:00+00:00", "2026-11-27T12:00:00+00:00")
    documents = (DocumentChange("went", "old.txt"),)
    plain = GraphDiff("made", *times, documents, (), (change,))
    html = mime_bundle(plain)["text/html"]
    assert "Ada &lt;b&gt; <em>born in</em> London" in html and "<q>said &lt;so&gt;</q>" in html
    assert "+ came" in html and "− went" in html and "old.txt" in html and "<b>" not in html
    drawn = dataclasses.replace(plain, picture=picture)
    assert (
        "<svg" in mime_bundle(drawn)["text/html"] and "old.txt" in mime_bundle(drawn)["text/html"]
    )
    assert "old.txt" in page_of(drawn) and 'id="picture"' in page_of(drawn)
    assert 'id="picture"' not in page_of(plain)
    nothing = GraphDiff("made", *times, (), (), ())
    assert "Nothing changed" in mime_bundle(nothing)["text/html"]
