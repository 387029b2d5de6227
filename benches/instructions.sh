#!/usr/bin/env bash
# Counts the instructions of a few small fixed kernels with valgrind's callgrind and compares them with instructions.txt.
# A count does not depend on what else the machine does, so it shows a regression that no clock on a shared machine would.
#
#   benches/instructions.sh --check     fails where a count grew by more than the tolerance (default)
#   benches/instructions.sh --update    writes the counts of now
#
# Counts depend on the compiler and on the machine's instruction set: update them with the toolchain that checks them.
set -euo pipefail
cd "$(dirname "$0")/.."

KERNELS=(hold grid one-link dtn regression)
TOLERANCE_PERCENT=3
EXPECTED=benches/instructions.txt

mode=${1:---check}
case $mode in
    --check | --update) ;;
    *)
        echo "usage: $0 [--check | --update]" >&2
        exit 2
        ;;
esac
if ! command -v valgrind > /dev/null; then
    echo "instructions are not counted: valgrind is not installed"
    exit 0
fi

env -u RUSTFLAGS cargo build --release --locked --quiet -p dapple-benches --bin kernels
program=${CARGO_TARGET_DIR:-target}/release/kernels
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

count() {
    # Only what happens below `kernels::measured` counts, which leaves out making the input.
    valgrind --tool=callgrind --toggle-collect='kernels::measured*' --callgrind-out-file="$scratch/$1" \
        "$program" "$1" > "$scratch/log" 2>&1 || { cat "$scratch/log" >&2; return 1; }
    awk '/^(summary|totals):/ { print $2; exit }' "$scratch/$1"
}

expected() {
    if [[ -f $EXPECTED ]]; then
        awk -v kernel="$1" '$1 == kernel { print $2 }' "$EXPECTED"
    fi
}

# Counts of another compiler or machine are shown, not judged.
signature="# $(rustc --version), $(uname -m)"
judged=1
if [[ -f $EXPECTED ]] && ! grep -qxF "$signature" "$EXPECTED"; then
    judged=0
fi
failed=0
{
    echo "# Instructions of the kernels (benches/src/bin/kernels.rs), written by benches/instructions.sh --update."
    echo "$signature"
} > "$scratch/new"
printf '%-12s %15s %15s %9s\n' kernel expected now change
for kernel in "${KERNELS[@]}"; do
    now=$(count "$kernel")
    if [[ -z $now || $now -lt 1000 ]]; then
        echo "$kernel: nothing was counted; is \`kernels::measured\` still a function of its own?" >&2
        exit 1
    fi
    printf '%-12s %s\n' "$kernel" "$now" >> "$scratch/new"
    before=$(expected "$kernel")
    if [[ -z $before ]]; then
        printf '%-12s %15s %15s\n' "$kernel" - "$now"
        [[ $mode == --update ]] || failed=1
        continue
    fi
    change=$(awk -v a="$before" -v b="$now" 'BEGIN { printf "%+.2f", 100 * (b - a) / a }')
    mark=
    if awk -v change="$change" -v most="$TOLERANCE_PERCENT" 'BEGIN { exit !(change > most) }'; then
        mark='  <-- grew'
        failed=1
    fi
    printf '%-12s %15s %15s %8s%%%s\n' "$kernel" "$before" "$now" "$change" "$mark"
done
if [[ $mode == --update ]]; then
    cp "$scratch/new" "$EXPECTED"
    echo "written to $EXPECTED"
elif ((failed && !judged)); then
    echo "not judged: the counts of before are those of another compiler or machine"
elif ((failed)); then
    echo "a count grew by more than $TOLERANCE_PERCENT %, or has nothing to compare with; if that is meant: $0 --update" >&2
    exit 1
fi
