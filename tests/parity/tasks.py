"""Schedules, task geometry and fills against the golden vectors."""

from __future__ import annotations

import re

import numpy as np

from core.schedules import share
from core.tasks import TASKS, fill_unknown, first_frames
from tests.parity.folder import Arrays, MagvitFolder
from tests.parity.report import Report


def check_schedules(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    for key in arrays:
        match = re.fullmatch(r"(.+)_(\d+)_(ratio|floorN(\d+))", key)
        if match is None:
            continue
        name, steps, tokens = match[1], int(match[2]), int(match[4] or 1024)
        progress = np.arange(1, steps + 1, dtype=np.float32) / np.float32(steps)
        ratio = share(name, progress, tokens)
        if match[3] == "ratio":
            report.close(f"schedules {key}", ratio, arrays[key], 1e-6)
        else:
            report.equal(f"schedules {key}", np.floor(np.float32(tokens) * ratio), arrays[key])


def check_masks(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    for key in arrays:
        name, _, what = key.partition("_")
        if what == "video_mask":
            known = TASKS[name].region(arrays[key].shape[1:4])
            report.equal(f"tasks {key}", known[None, ..., None], arrays[key])
        elif what == "latent_mask":
            known = TASKS[name].region(arrays[key].shape[1:])
            report.equal(f"tasks {key}", known[None], arrays[key])
        elif what == "task_token":
            report.equal(f"tasks {key}", int(TASKS[name].token), arrays[key])
    arrays.read.add("input_u8")  # the clip is not needed: the geometry is fixed


def check_fullsize_masks(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    for key in arrays:
        if match := re.fullmatch(r"([A-Z]+)_(\d+)x(\d+)x(\d+)_pixelmask", key):
            shape = (int(match[2]), int(match[3]), int(match[4]))
            packed = np.packbits(TASKS[match[1]].region(shape))
            report.equal(f"tasks {key}", packed, arrays[key])
        elif match := re.fullmatch(r"([A-Z]+)_\d+x\d+x\d+_latentmask", key):
            report.equal(f"tasks {key}", TASKS[match[1]].region(arrays[key].shape), arrays[key])
        elif match := re.fullmatch(r"FPvar_frames\d+_latent(\d+)_latentmask", key):
            known = first_frames(arrays[key].shape, int(match[1]))
            report.equal(f"tasks {key}", known, arrays[key])


def check_fills(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    clips = arrays["input_u8"].astype(np.float32) / np.float32(255)
    for key in arrays:
        if not key.endswith("_cond_video"):
            continue
        task = TASKS[key.removesuffix("_cond_video")]
        known = task.region(clips.shape[1:4])
        filled = np.stack([fill_unknown(clip, known, task.fill) for clip in clips])
        report.close(f"tasks {key}", filled, arrays[key], 1e-6)
