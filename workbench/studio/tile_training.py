"""The home page's tile of training: the newest runs, with the way to the page that has all."""

from __future__ import annotations

from workbench.studio.links import current_links
from workbench.studio.markup import escape
from workbench.studio.notebook_results import database_stamp
from workbench.studio.tiles import tile

_PAGE = "notebooks/dashboards/training.ipynb"
_SHOWN = 3


@tile("training", title="Training", order=37, stamp=database_stamp)
def draw_training() -> str:
    """The newest runs in a few lines; or how to begin."""
    link = f'<p><a href="{escape(current_links().dashboard(_PAGE))}">The training page</a></p>'
    from workbench.studio.training_page import known_runs, summary

    runs = known_runs()
    if not runs:
        command = "workbench finetuning run --model smollm2-135m --data rows.jsonl"
        return f'<p class="q">Nothing was trained yet: <code>{command}</code></p>{link}'
    return summary(runs[:_SHOWN]) + link
