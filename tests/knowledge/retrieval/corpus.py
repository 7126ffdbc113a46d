"""A small made corpus: a country that does not exist, its towns, rivers, people and works."""

from __future__ import annotations

DOCUMENTS = {
    "Ostra": "Ostra is a harbour town in Velland. It lies on the banks of the Tamber.",
    "Tamber": "The Tamber is a river that rises in the Grey Hills. It is 412 km long.",
    "Velland": "Velland is a country on the North Sea. Its capital is Merrow, its coin the crown.",
    "Merrow": "Merrow is the capital of Velland. In 2020 it had a population of 310,000.",
    "Ada Brandt": "Ada Brandt was a composer from Velland. She wrote the opera The Glass Tower.",
    "The Glass Tower": "The Glass Tower is an opera in three acts. It was first sung in 1871.",
    "Grey Hills": "The Grey Hills are a range of low hills. Lead and silver were mined there.",
    "Otto Lund": "Otto Lund was a painter. He painted The Ferry and taught at Merrow.",
    "The Ferry": "The Ferry is a painting of 1902. It hangs in the museum of Ostra.",
    "Crown (coin)": "The crown is a silver coin. It was first struck in 1540.",
    "Lake Harn": "Lake Harn is a lake in Velland. It is 38 metres deep and full of perch.",
    "Perch": "A perch is a fish of still water. It eats small fish and worms.",
    "Bread": "Bread is baked from flour and water. Yeast makes it rise.",
    "Bee": "A bee is an insect that gathers nectar. It lives in hives.",
    "Honey": "Honey is made by the bee from nectar. It keeps for years.",
    "Candle": "A candle is made of wax. Wax is made by the bee, too.",
}

TWO_HOPS = {
    "In which hills does the river on which Ostra lies rise?": ("Ostra", "Tamber"),
    "In what year was the opera by Ada Brandt first sung?": ("Ada Brandt", "The Glass Tower"),
    "In what year was the coin of Velland first struck?": ("Velland", "Crown (coin)"),
}
ONE_HOP = {
    "How deep is Lake Harn?": "Lake Harn",
    "In what year was The Ferry painted?": "The Ferry",
    "Which fish eats worms?": "Perch",
}
UNANSWERABLE = (
    "Who is the mayor of Ostra?",
    "How many moons has the planet Jupiter?",
    "Which emperor built the Great Wall of China?",
)


def as_files() -> dict[str, str]:
    """The documents as Markdown files by their paths."""
    pairs = enumerate(DOCUMENTS.items())
    return {f"{number:02}.md": f"# {title}\n\n{text}\n" for number, (title, text) in pairs}
