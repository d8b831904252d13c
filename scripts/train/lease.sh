#!/usr/bin/env bash
# One run of the writer's last stage on a machine that is lent for minutes, with a GPU or without:
#
#   scripts/train/lease.sh pack build/train lease.tar.xz        # here: what the run reads
#   scripts/train/lease.sh run lease.tar.xz OUT 9 [OPTION...]   # there: train for nine minutes
#   scripts/train/lease.sh back OUT build/train                 # here again
#
# pack takes the records and examples that scripts.train.prepare and examples wrote, and no weights:
# `run`, given in a checkout, goes on from the bundled model with its vocabulary. Options go to scripts.train.fit (the recipe of the card by default); it
# computes in bfloat16 on the GPU where there is one. OUT holds the log and the model in int8.
set -euo pipefail

usage() {
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

there() { # each FILE or folder, or the command ends
    local name
    for name; do
        [ -e "$name" ] || { echo "lease.sh: there is no $name" >&2; exit 2; }
    done
}

pack() {
    [ $# = 2 ] || usage
    local read=({train,dev}/{records,examples}.jsonl)
    there "${read[@]/#/$1/}"
    tar -C "$1" -cJf "$2.new" "${read[@]}"
    mv "$2.new" "$2"
    du -h "$2"
}

run() {
    [ $# -ge 3 ] || usage
    there "$1"
    local archive=$1 out=$2 minutes=$3
    shift 3
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$out"
    tar -C "$work" -xJf "$archive"
    cp briefing/models/bundled/tokenizer.json "$work"
    python -m scripts.train.fit --out "$work" --name lease --stage write --minutes "$minutes" \
        --start briefing/models/bundled --steps 6500 --tokens 4096 --rate 4e-4 --tail 0.5 "$@" |
        tee "$out/lease.log"
    python -m scripts.train.export --out "$work" --checkpoint lease-write.pt --to "$out/model"
    du -sh "$out"
}

back() {
    [ $# = 2 ] || usage
    there "$1/model/ctranslate2/model.bin" "$1/lease.log" "$2"
    rm -rf "$2/lease"
    cp -r "$1" "$2/lease"
    echo "$2/lease/model: measure it with --model, go on with fit --start"
}

case "${1:-}" in
pack | run | back) "$@" ;;
*) usage ;;
esac
