"""A private fit from a curator to a model: budget planned, questions asked, a mixture made of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from synthgan.gan.train import Progress
from synthgan.privacy.curator import check_delta
from synthgan.tabular.model import TabularModel
from synthgan.tabular.network.generator import TabularGenerator
from synthgan.tabular.private.budget import plan_budget
from synthgan.tabular.private.columns import measure_columns
from synthgan.tabular.private.dpsgd import play_privately
from synthgan.tabular.private.rounds import PrivateFit

if TYPE_CHECKING:
    from collections.abc import Generator

    import torch

    from synthgan.config import PrivacyConfig
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs
    from synthgan.tabular.intake import Intake
    from synthgan.tabular.network.network import Network

HOPELESS = 2_000  # rows times epsilon, for units of one row: below, little is left of how columns hang together


def learn_privately(
    intake: Intake, configs: Configs, streams: Streams, device: torch.device
) -> Generator[Progress, None, TabularModel]:
    """Fit a mixture to noisy counts; with ``mechanism="dpsgd"`` let a network that starts from it play against a private critic.

    The seed decides where the mixture starts and nothing else: noise has none.

    Raises:
        PrivacyError: if the budget pays for nothing, or delta means nothing for about so many rows as were counted.
    """
    privacy, curator = configs.privacy, intake.curator
    budget = plan_budget(
        intake.schema,
        float(privacy.epsilon or 0),
        privacy.delta,
        mechanism=privacy.mechanism,
    )
    yield Progress("encoding")
    known = measure_columns(
        intake.schema,
        curator,
        budget.column_noise,
        budget.level_delta,
    )
    check_delta(privacy.delta, round(known.rows), "rows (a noisy count)", i_know=privacy.i_know)
    for message in known.lacking():
        yield Progress("encoding", message=message)
    if known.rows * float(privacy.epsilon or 0) < HOPELESS * privacy.max_rows_per_unit:
        yield Progress("encoding", message=hopeless(round(known.rows), privacy))
    fit = PrivateFit(known, curator, budget, streams)
    yield from fit.rounds()
    if privacy.mechanism == "dpsgd":
        generator = yield from play_privately(fit, configs, streams, device)
    else:
        generator = TabularGenerator(known.transform.layout, fit.model.mixture(), None).to(device)
    settings = {**configs.as_json(), "seed": streams.seed}
    network = cast("Network", configs.generator).adopt(
        generator.requires_grad_(requires_grad=False), known.transform.layout
    )
    model = TabularModel(known.transform, network, settings, round(known.rows))
    model.privacy = curator.ledger.to_dict()
    model.training = {
        "mechanism": privacy.mechanism,
        "classes": len(generator.log_weights),
        "answers": budget.pairs + budget.triples,
    }
    return model


def hopeless(about: int, privacy: PrivacyConfig) -> str:
    """What to tell whoever asks for more than the noise leaves of so many rows, a noisy count."""
    epsilon, each = float(privacy.epsilon or 0), privacy.max_rows_per_unit
    of_units = "" if each == 1 else f" and {each} rows of a unit"
    return (
        f"about {about:,} rows at epsilon={epsilon:g}{of_units} are too few: the noise hides how columns depend on each other; "
        f"count on {HOPELESS * each / epsilon:,.0f} rows or more, and judge the samples before you use them"
    )
