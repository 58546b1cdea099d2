"""The one entry of all benchmarks: ``python -m benchmarks NAME``; without a name it lists them."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
COMMANDS = {
    "runs": (
        "tabular",
        "hard",
        "ablation",
        "conditional",
        "speed",
        "containers",
        "private",
        "images",
        "image_speed",
        "private_images",
        "masks",
        "clips",
        "members",
        "large",
        "lettering",
        "leaks",
        "leaks_linked",
        "linked",
        "many",
        "augmentation",
        "tuning",
        "scale_linked",
        "formulas",
        "keys",
        "scale",
        "speedup",
    ),
    "attacks": ("attacks", "audit", "reconstruct", "fuzz", "kills"),
    "publish": ("page", "tables_readme", "growth"),
    "models": ("worker",),
}


def summary(folder: str, name: str) -> str:
    """The first line of a benchmark's docstring, read without importing what it needs."""
    source = (FOLDER / folder / f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0].replace("``", "`")


def listing() -> str:
    """Every benchmark with one line, by folder."""
    lines = ["usage: python -m benchmarks NAME [arguments], or NAME --help"]
    for folder, names in COMMANDS.items():
        lines += ["", f"{folder}:"]
        lines += [f"  {name:<15} {summary(folder, name)}" for name in names]
    return "\n".join(lines)


def main(words: list[str] | None = None) -> None:
    """Run the benchmark that is named, with the rest of the words."""
    name, *rest = (sys.argv[1:] if words is None else words) or ["--help"]
    if name in ("-h", "--help"):
        print(listing())
        return
    folders = {each: folder for folder, names in COMMANDS.items() for each in names}
    if name not in folders:
        from synthgan.suggest import did_you_mean_or_known

        print(
            f"error: a benchmark must be one of those that exist, however: {name!r}; "
            f"{did_you_mean_or_known(name, folders)}",
            file=sys.stderr,
        )
        sys.exit(2)
    sys.argv = [f"python -m benchmarks {name}", *rest]
    importlib.import_module(f"benchmarks.{folders[name]}.{name}").main()


if __name__ == "__main__":
    main()
