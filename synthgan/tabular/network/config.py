"""The sizes of two networks, as a frozen value that checks itself at birth."""

from __future__ import annotations

from dataclasses import dataclass

from synthgan.checks import require, require_number, require_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkConfig:
    """The sizes of generator and critic, and what the critic is shown.

    Attributes:
        classes: latent classes of the warm start; None chooses by the number of rows.
        noise_width: continuous noise dimensions beside the latent class.
        generator_width: units of each hidden layer of the generator.
        critic_width: units of each hidden layer of the critic.
        blocks: residual blocks in each of the two networks.
        packing: rows the critic sees at once (PacGAN, Lin et al. 2018); 1 is no packing.
        conditional_share: share of each batch drawn by training-by-sampling; the rest is drawn at true frequencies.
    """

    classes: int | None = None
    noise_width: int = 32
    generator_width: int = 128
    critic_width: int = 256
    blocks: int = 2
    packing: int = 1
    conditional_share: float = 0.5

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        if self.classes is not None:
            require_whole(self, classes=1)
        require_whole(self, noise_width=1, generator_width=1, critic_width=1, blocks=0, packing=1)
        require_number(self, conditional_share=0.0)
        require(self.conditional_share <= 1, "conditional_share", "a share between 0 and 1", self.conditional_share)
