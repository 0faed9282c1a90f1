#!/bin/sh
# From nothing to two small models and their figures in minutes: footage, both families, evaluation.
#
#     sh recipes/small/run.sh [FOLDER]
#
# FOLDER holds the metric networks (see docs/evaluation.md); without it LPIPS and the Frechet video
# distance are left out. Called again it goes on where it was stopped.
set -eu
cd "$(dirname "$0")/../.."
maskreel="${PYTHON:-.venv/bin/python} -m core"
networks=${1:+--networks "$1"}

$maskreel record vizdoom data/small --hours 0.12 --val-share 0.2 --size 64 --seed 1 \
    --scenario health_gathering_supreme --scenario defend_the_center \
    --scenario take_cover --scenario my_way_home
for family in magvit videogpt; do
    $maskreel train "recipes/small/$family.toml" --resume \
        --run "runs/small-$family" --models runs/small-models
    $maskreel evaluate "runs/small-models/small-$family" data/small/val $networks \
        --clips 16 --processes 2 --strides 2 --zoom 0.7 --out "runs/small-report-$family"
done
