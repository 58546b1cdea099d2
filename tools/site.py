"""What MkDocs calls while it builds the documentation: notebooks become pages, and nothing may come from another host."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

NOTEBOOK = ".ipynb"
COMMANDS = "<!-- commands -->"
# A tag that loads something, and a style that does. Links that a reader may click on load nothing.
LOADING_TAG = re.compile(r"<(?:script|img|iframe|source|video|audio|embed|object|link)\b[^>]*>", re.IGNORECASE)
REMOTE = re.compile(r"""(?:src|href|srcset|data)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)""", re.IGNORECASE)
REMOTE_STYLE = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Let the navigation name notebooks as they lie in the folder."""
    config.nav = _renamed(config.nav)
    return config


def _renamed(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {title: _renamed(value) for title, value in entry.items()}
    if isinstance(entry, list):
        return [_renamed(value) for value in entry]
    return entry.removesuffix(NOTEBOOK) + ".md" if entry.endswith(NOTEBOOK) else entry


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put a page in the place of each notebook, and its pictures beside it."""
    from mkdocs.structure.files import File

    for file in [file for file in files if file.src_uri.endswith(NOTEBOOK)]:
        stem = file.src_uri.removesuffix(NOTEBOOK)
        text, pictures = page_of(json.loads(file.content_string), Path(stem).name)
        files.append(File.generated(config, f"{stem}.md", content=text))
        for name, content in pictures.items():
            files.append(File.generated(config, str(Path(stem).parent / name), content=content))
    return files


def page_of(notebook: dict[str, Any], stem: str) -> tuple[str, dict[str, bytes]]:
    """The Markdown of an executed notebook, and its pictures by name."""
    parts, pictures = [], {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{stem}-{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode("".join(data["image/png"]))
                parts.append(f"![What the lines above show]({name})")
            elif "text/html" in data:
                parts.append(re.sub(r"<style.*?</style>\n?", "", "".join(data["text/html"]), flags=re.DOTALL))
            else:
                shown = "".join(data.get("text/plain", output.get("text", "")))
                parts.append(f"```text\n{shown.rstrip()}\n```")
    parts.append(f"[This page as a notebook]({stem}{NOTEBOOK}){{: download }}")
    return "\n\n".join(parts) + "\n", pictures


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Describe the commands where their page asks for it."""
    if page.file.src_uri != "reference/command-line.md":
        return markdown
    return markdown.replace(COMMANDS, "\n\n".join(_commands()))


def _commands() -> Iterator[str]:
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "cli")]
    import typer

    from synthgan_cli.commands import app

    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        yield f"## synthgan {name}"
        yield re.sub(r"\[bold\](.*?)\[/\]", r"`\1`", command.help)
        yield "| option | does |\n|---|---|\n" + "\n".join(map(_option, command.params))


def _option(parameter: Any) -> str:
    word = parameter.metavar or ("" if getattr(parameter, "is_flag", False) else "VALUE")
    names = ", ".join(parameter.opts) if parameter.param_type_name == "option" else ""
    text = re.sub(r"\[bold\](.*?)\[/\]", r"`\1`", getattr(parameter, "help", None) or "")
    text = text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
    return f"| `{' '.join(filter(None, (names, word)))}` | {text} |"


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that would load something from another host.

    Raises:
        PluginError: a page or a style names such a thing.
    """
    from mkdocs.exceptions import PluginError

    found = remote_resources(Path(config.site_dir))
    if found:
        raise PluginError(f"the site must load nothing from other hosts, however: {', '.join(found)}")


def remote_resources(site: Path) -> list[str]:
    """Everything that a page or a style of a built site loads from another host, as ``file: address``."""
    found = []
    for path in sorted(site.rglob("*")):
        if path.suffix not in {".html", ".css", ".svg"}:
            continue
        text = path.read_text(encoding="utf-8")
        addresses = [REMOTE.findall(tag) for tag in LOADING_TAG.findall(text)] if path.suffix != ".css" else []
        flat = [address for its in addresses for address in its] + REMOTE_STYLE.findall(text)
        found += [f"{path.relative_to(site)}: {address}" for address in flat]
    return found
