"""The parts of the page that are about images: as training data, a second, and private ones."""

from __future__ import annotations

from benchmarks.runs.markdown import Run, headed, row

IMAGE_MODELS = {
    "real": "real images",
    "ours": "**synthgan**",
    "pca_gaussian": "a Gaussian of each class",
    "real and ours": "real and ours",
}
FILLED = {
    "real": "real images",
    "real and real again": "real, and real ones again",
    "real and ours": "real, and **synthgan**",
}
IMAGE_FIGURES = ("auc", "accuracy", "balanced_accuracy", "rarest")
IMAGE_SCORES = (
    "fd_self",
    "precision",
    "recall",
    "density",
    "coverage",
    "classes_collapsed",
    "nearer_to_train",
    "utility_synthetic",
    "accuracy_synthetic",
)


def images(content: Run) -> list[str]:
    """Synthetic images as training data, and where they lie."""
    lines = [
        "## Images",
        "",
        "`python -m benchmarks images --sets digits,pneumoniamnist,chula` (and `--steps 1200 --batch-images 128`), one fit, one thread",
        "beside another busy process; what a GPU fitted (`--device cuda`, with `--steps 1500` where that stands) was judged elsewhere",
        "(`--models`). A support vector machine (standardized pixels, classes weigh alike) is trained on the images named. It is tested",
        "on real ones that nothing was fitted on. Cells are means of three draws: AUC / accuracy / balanced accuracy / recall of the",
        "five rarest classes. *Real and ours*: small classes filled up to the mean of all.",
        "",
        *headed("", "images", "fit: steps x batch, width", "s", *IMAGE_MODELS.values()),
    ]
    for run in content["runs"]:
        cells = (
            " / ".join(f"{run['trained_on'][model][name]:.3f}" for name in IMAGE_FIGURES) for model in IMAGE_MODELS
        )
        fit = f"{run['steps']:,} x {run.get('batch_images', 64)}, {run['width']}"
        lines.append(row(has_residual(run), f"{run['images']:,}", fit, f"{run['fit_seconds']:.0f}", *cells))
    lines += [
        "",
        "Small classes filled up to the mean of all, for a support vector machine that weighs no class: accuracy / balanced accuracy /",
        "recall of the five rarest classes.",
        "",
        *headed("", *FILLED.values()),
    ]
    for run in content["runs"]:
        if "filled" in run:
            cells = (" / ".join(f"{run['filled'][model][name]:.3f}" for name in IMAGE_FIGURES[1:]) for model in FILLED)
            lines.append(row(has_residual(run), *cells))
    lines += [
        "",
        "Scores of `evaluate_images`, of one draw; in brackets what real images get in the place of the synthetic ones.",
        "",
    ]
    lines += headed("", "", *(f"`{name}`" for name in IMAGE_SCORES))
    for run in content["runs"]:
        for model, scores in run["scores"].items():
            values = (scores.get(name, (None, None)) for name in IMAGE_SCORES)
            cells = ("–" if value is None else f"{value:.3f} ({beside:.3f})" for value, beside in values)
            lines.append(row(has_residual(run), IMAGE_MODELS[model], *cells))
    return lines


def members(content: Run) -> list[str]:
    """Who was learned, of images."""
    lines = [
        "### Who was learned, of images",
        "",
        "`python -m benchmarks members`: so many images of MNIST, as many others as the holdout. What the best attack finds at 1 % false",
        "alarms, in brackets with its 95 % interval, and the decision over all attacks. *Checked*: what the release check itself found, in",
        "priors of thirds of the images. *One step* shows the prior alone. The control are other real images, handed out as samples.",
        "",
        *headed(
            "images", "steps", "check", "found by samples", "p", "found by the file", "p", "checked", "control", "p"
        ),
    ]
    for run in content["runs"]:
        found, control, check = run["found"], run["control"], run["check"]
        checked = "–" if check["high"] is None else f"{check['found']:.1%} (at most {check['high']:.1%})"
        cells = [
            _rate(found["membership_tpr_at_1pct_fpr"]),
            f"{found['membership_p_value'][0]:.3f}",
            _rate(found["file_calibrated_tpr_at_1pct_fpr"]),
            f"{found['file_p_value'][0]:.3f}",
            checked,
            _rate(control["membership_tpr_at_1pct_fpr"]),
            f"{control['membership_p_value'][0]:.3f}",
        ]
        lines.append(
            row(f"{run['images']:,}", f"{run['steps']:,}", "yes" if check["by"] != "skipped" else "no", *cells)
        )
    return lines


def _rate(found: list[float]) -> str:
    value, low, high = found
    return f"{value:.1%} ({low:.1%}–{high:.1%})"


def has_residual(run: Run) -> str:
    """The set of a run, and where it was fitted if that was a GPU."""
    return run["set"] + (", GPU" if run["device"].startswith("cuda") else "")


def image_speed(content: Run) -> list[str]:
    """How fast images are learned."""
    side = content["side"]
    lines = [
        f"### Images a second, {content['device']}",
        "",
        "`python -m benchmarks image_speed --device cuda --widths 16,64,128 --batches 64,256,1024`: grey images of",
        f"{side} x {side}, nothing else on the card. *Learned*: real images that the critic sees, in whole steps of both players.",
        f"The peak is a product of large matrices in bfloat16, {content['peak'] / 1e12:.0f} TFLOP/s there; networks this small wait",
        f"for the launch of their kernels, not for arithmetic. {content.get('note', '')}".rstrip(),
        "",
        *headed("width", "weights", "batch", "learned/s", "GFLOP an image", "TFLOP/s", "of the peak", "GiB", "drawn/s"),
    ]
    for run in content["runs"]:
        done = run["operations_a_second"]
        lines.append(
            row(
                str(run["width"]),
                f"{run['weights']:,}",
                f"{run['batch_images']:,}",
                f"{run['images_a_second']:,.0f}",
                f"{run['operations_an_image'] / 1e9:.2f}",
                f"{done / 1e12:.1f}",
                f"{done / content['peak']:.1%}",
                f"{run['bytes'] / 2**30:.1f}",
                f"{run['drawn_a_second']:,.0f}",
            )
        )
    return lines


def private_images(content: Run) -> list[str]:
    """Private images as training data."""
    lines = [
        "### Private images",
        "",
        "`python -m benchmarks private_images --models moments,dpsgd --images 60000`, on the same GPU: MNIST, δ = 10⁻⁵, as many images",
        "drawn as were learned. Accuracy on the test part of a support vector machine that saw 10,000 of them, and of a small",
        "convolutional network that saw all.",
        "",
        *headed("`mechanism`", "ε", "images", "support vector machine", "network", "s"),
    ]
    for run in content["runs"]:
        scores = (f"{run['accuracy'][judge]:.3f}" for judge in ("svm", "network"))
        spent = f"{run['epsilon_spent']:.2f}"
        lines.append(row(run["model"], spent, f"{run['images']:,}", *scores, f"{run['seconds']:.0f}"))
    return lines
