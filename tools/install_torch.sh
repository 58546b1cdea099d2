#!/bin/sh
# Installs the build of torch that suits this machine, so that nobody without a GPU downloads gigabytes of CUDA.
#
#   sh tools/install_torch.sh PYTHON [pip options]
#
# Linux wheels of torch come in two builds of one version: the ordinary one, which needs gigabytes of CUDA libraries,
# and the one for CPUs, labelled `+cpu`. Asking for the label itself can never fetch the wrong one.
set -eu

python=$1
shift
version=${TORCH:-2.13.0}

install() {
    "$python" -m pip install --disable-pip-version-check --no-compile "$@"
}

has_gpu() {
    [ -e /dev/nvidia0 ] || { command -v nvidia-smi && nvidia-smi --list-gpus; } >/dev/null 2>&1
}

if [ "$(uname -s)" != Linux ] || has_gpu; then
    echo "Installing torch $version ..." >&2
    install "$@" "torch==$version"
    exit
fi

echo "Installing torch $version for CPUs (no GPU here) ..." >&2
# First where pip is told to look anyway: a mirror or a folder of wheels may hold it. Then where PyTorch keeps it.
if install --quiet "$@" "torch==$version+cpu" 2>/dev/null; then
    exit
fi
if install "$@" --retries 1 --timeout 20 --extra-index-url https://download.pytorch.org/whl/cpu "torch==$version+cpu"; then
    exit
fi
echo "note: the CPU build of torch $version is out of reach; installing the ordinary build (large)" >&2
install "$@" "torch==$version"
