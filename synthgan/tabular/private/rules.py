"""What a private fit refuses, because it would let rows through past the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.errors import PrivacyError, Remedy
from synthgan.tabular.network.network import Network

if TYPE_CHECKING:
    from synthgan.tabular.config import Configs

# Parameters of the network that a private fit reads; a private plan decides the others.
HONOURED = {
    "marginals": frozenset[str](),
    "dpsgd": frozenset({"generator_width", "noise_width", "blocks", "ema_halflife_steps"}),
}


def check_rules(configs: Configs, *, resume: bool) -> None:
    """See that nothing was asked for that epsilon forbids.

    Raises:
        PrivacyError: if something was.
    """
    own, mechanism = configs.generator.get_params(deep=False), configs.privacy.mechanism
    refused = (
        (
            resume,
            "a private fit must be made in one go, however: it was to be resumed, and an interrupted one keeps nothing",
            Remedy.option("resume", value=False, why="start anew"),
        ),
        (
            configs.generator.name != Network.name,
            f"generator must be 'network' or not named under epsilon, however: it is {configs.generator.name!r}",
            Remedy.option("generator", Network.name),
        ),
        (
            configs.encoding.keep_extremes,
            "exact extremes must not be kept under epsilon, however: keep_extremes was given",
            Remedy.option("keep_extremes", value=False) | "declare bounds in the schema",
        ),
        (
            configs.encoding.modes == "gmm",
            "modes must be 'quantile' under epsilon, however: modes='gmm', whose components are fitted to the rows themselves",
            None,
        ),
        (
            not configs.check,
            "check must be True under epsilon, however: check=False; what a private fit gives away is bounded, not measured",
            None,
        ),
        (
            own.get("packing", 1) > 1,
            f"packing must be 1 under epsilon, however: packing={own.get('packing')}; a packed critic mixes units",
            None,
        ),
        (
            mechanism == "dpsgd" and configs.privacy.max_rows_per_unit > 1,
            "max_rows_per_unit must be 1 where mechanism='dpsgd', however: it is more",
            Remedy.option("max_rows_per_unit", 1) | Remedy.option("mechanism", "marginals"),
        ),
    )
    for wrong, message, remedy in refused:
        if wrong:
            raise PrivacyError(message, remedy=remedy)
    usual = Network().get_params(deep=False)
    for name, value in own.items():
        if name not in HONOURED[mechanism] and value != usual[name]:
            raise PrivacyError(
                f"{name} must be left alone under epsilon with mechanism={mechanism!r}, however: {name}={value!r}; "
                f"a private fit has a plan of its own",
                parameter=name,
            )
