"""The commands around fitting, sampling and judging, by the panel and in the order in which help lists them."""

from __future__ import annotations

from synthgan_cli.balancing import balance
from synthgan_cli.carding import card
from synthgan_cli.completing import complete, impute
from synthgan_cli.demonstration import demo
from synthgan_cli.inspecting import inspect
from synthgan_cli.schemas import schema
from synthgan_cli.splitting import split
from synthgan_cli.studio.command import studio
from synthgan_cli.tuning import tune

FURTHER = {
    "Before and after": (schema, split, tune, inspect, card),
    "Real rows and synthetic ones": (impute, complete, balance),
    "To begin with": (demo, studio),
}
