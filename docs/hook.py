"""What MkDocs adds to the pages of this folder when it builds the site: one page for every packaged spec."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from compose.cli.views.catalogue import spec_summaries
from compose.cli.views.method import markdown
from compose.graph.typed_spec import typed_spec
from compose.language.files import packaged_specs
from compose.language.load import load
from compose.reading.diff import Diff
from compose.reading.diff.pictures import overlaid, touched
from compose.reading.drawing import draw
from compose.reading.drawing.choice import Choice
from compose.reading.drawing.figure import figure
from compose.reading.drawing.html import page
from compose.reading.drawing.svg import svg

INDEX = """# Methods

Every packaged spec, drawn from its file when this site is built: the figure, how it differs from what it builds on, its
equations, losses, settings and proofs. `compose describe NAME --markdown` prints such a page for a spec of your own.

"""
FIGURE = """<div class="method-figure" markdown>
[![{name}, drawn from its spec]({name}.svg)]({name}-graph.html)
</div>

[Explore it]({name}-graph.html): pan, zoom, click a node for its equation, axes, weights and source line."""
"""What the page of a method shows of its picture."""
ABSTRACT = "A base for other specs: it reads nodes that they must add."
"""What is said of a spec that cannot be typed alone."""
COMPARED = """<div class="method-figure" markdown>
![What {name} changes: additions green, removals red]({name}-diff.svg)
</div>"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Enter the methods into the navigation, each under the method it is a form of."""
    section = next(part["Methods"] for part in config.nav or [] if "Methods" in part)
    section += [{name: f"methods/{name}.md"} for name in sorted(spec_summaries())]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Write the pages and pictures."""
    for path, text in generated(config.extra["methods"].split()).items():
        files.append(File.generated(config, path, content=text))
    return files


def generated(drawn: Collection[str] = ()) -> dict[str, str]:
    """Everything that is written: path -> text. All methods are drawn unless ``drawn`` names some."""
    rows = "\n".join(f"| [{name}]({name}.md) | {text} |" for name, text in sorted(spec_summaries().items()))
    made = {"methods/index.md": f"{INDEX}| spec | |\n|---|---|\n{rows}\n"}
    for name in spec_summaries():
        abstract = load(name).spec.abstract
        made[f"methods/{name}.md"] = source(name, ABSTRACT if abstract else "")
        if not abstract and (name in drawn or not drawn):
            about = typed_spec(name, example=True)
            picture = draw(about.loaded, about.graph)
            made[f"methods/{name}.svg"] = svg(figure(picture))
            made[f"methods/{name}-graph.html"] = page([picture])
            shown = partial(compared, made, name)
            made[f"methods/{name}.md"] = markdown(about, figure=FIGURE.format(name=name), compared=shown)
    return made


def compared(made: dict[str, str], name: str, found: Diff) -> str:
    """Draw how a method differs from its parent, if more than settings do, and say how a page shows that."""
    if not found.wiring:
        return ""
    both = overlaid(found)
    made[f"methods/{name}-diff.svg"] = svg(figure(both, Choice(only=touched(both))))
    return COMPARED.format(name=name)


def source(name: str, about: str) -> str:
    """The page of a spec that is not drawn: its file."""
    text = (packaged_specs() / f"{name}.yaml").read_text(encoding="utf-8")
    return f"# {name}\n\n{load(name).spec.summary} {about}\n\n```yaml\n{text}```\n"
