#!/usr/bin/env bash
# A film dreamed by a SLURM array, each task a stretch of frames. See docs/remote.md.
#   sbatch --array=0-24%8 docs/farms/slurm.sh IN OUTDIR [options of reverie frames]
# FIRST is the film's first frame (1), CHUNK how many a task dreams (10): 25 tasks are frames 1 to 250.
# A task may be killed and begin again at any time, and any may run beside any other.
#SBATCH --job-name=reverie
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=4
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
first=$((${FIRST:-1} + SLURM_ARRAY_TASK_ID * ${CHUNK:-10}))
exec reverie frames "$@" --frames "$first-$((first + ${CHUNK:-10} - 1))"
