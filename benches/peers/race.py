#!/usr/bin/env python3
"""Races dapple's network against SimGrid on the same inputs and prints a table in Markdown. See README.md beside it.

Needs Python 3, cargo, a C++ compiler, and SimGrid 4.1 or later: --simgrid names the folder it is installed in, without which
the compiler must find it by itself.
"""

import argparse
import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

# SimGrid's ways to update the rates; none is the faster one everywhere, so both run, and the faster is quoted for each case.
UPDATES = ["Lazy", "Full"]

# Ends are compared relative to themselves, or to this where they are earlier: 10 ns of it are 10^-6.
FLOOR_S = 0.01

# Name in the table, arguments of `generate`.
CASES = {
    "grid-26": ("100 sites, 26 % load", ["grid", "--load", "0.26"]),
    "grid-51": ("100 sites, 51 % load", ["grid", "--load", "0.51"]),
    "grid-90": ("100 sites, 90 % load", ["grid", "--load", "0.90"]),
    "grid-97": ("100 sites, 97 % load", ["grid", "--load", "0.97"]),
    "star-128": ("all-to-all, 128 hosts", ["star", "--hosts", "128"]),
    "star-256": ("all-to-all, 256 hosts", ["star", "--hosts", "256"]),
    "link-10k": ("one link, 10^4 flows", ["one-link", "--flows", "10000"]),
    "link-100k": ("one link, 10^5 flows", ["one-link", "--flows", "100000"]),
}
# The same, to try things out.
SMALL = {
    "grid-26": ("100 sites, 26 % load", ["grid", "--load", "0.26", "--transfers", "5000"]),
    "grid-51": ("100 sites, 51 % load", ["grid", "--load", "0.51", "--transfers", "5000"]),
    "grid-90": ("100 sites, 90 % load", ["grid", "--load", "0.90", "--transfers", "5000"]),
    "grid-97": ("100 sites, 97 % load", ["grid", "--load", "0.97", "--transfers", "5000"]),
    "star-32": ("all-to-all, 32 hosts", ["star", "--hosts", "32"]),
    "star-64": ("all-to-all, 64 hosts", ["star", "--hosts", "64"]),
    "link-1k": ("one link, 10^3 flows", ["one-link", "--flows", "1000"]),
    "link-5k": ("one link, 5 000 flows", ["one-link", "--flows", "5000"]),
}


def build(simgrid, scratch):
    """Builds both and returns the commands that run them."""
    cargo = ["cargo", "build", "--release", "--locked", "-p", "dapple-benches", "--bins"]
    subprocess.run(cargo, cwd=ROOT, check=True)
    peer = scratch / "simgrid"
    compiler = [os.environ.get("CXX", "c++"), "-O2", "-std=c++17", str(ROOT / "benches/peers/simgrid.cpp"), "-o", str(peer)]
    if simgrid:
        compiler += [f"-I{simgrid}/include", f"-L{simgrid}/lib", f"-Wl,-rpath,{simgrid}/lib"]
    subprocess.run([*compiler, "-lsimgrid"], check=True)
    release = TARGET / "release"
    return release / "generate", release / "race", peer


def run(command, limit_s=None):
    """The line of JSON that the command prints, or None where it used up its CPU time."""

    def limit():
        if limit_s is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 5))

    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, preexec_fn=limit, text=True)
    if done.returncode == -signal.SIGXCPU and limit_s is not None:
        return None
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def ends(path):
    """The ends in a file, in seconds; None for a flow that never ended."""
    with open(path, encoding="ascii") as file:
        return [None if line == "never\n" else float(line) for line in file]


def difference(ours, theirs):
    """Largest relative and absolute difference of two lists of ends.

    Both simulators tell times to the nanosecond and no better, so an end before FLOOR_S counts as one at FLOOR_S.
    """
    if len(ours) != len(theirs) or None in ours or None in theirs:
        sys.exit("a flow ended in one simulator only")
    gaps = [(abs(a - b), max(abs(a), abs(b))) for a, b in zip(ours, theirs)]
    return max(gap / max(at, FLOOR_S) for gap, at in gaps), max(gap for gap, _ in gaps)


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="ascii") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown CPU"


def commit():
    """What git calls the state of the tree."""
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return described.stdout.strip() or "an unknown commit"


def row(name, case, limit_s):
    """A line of the table from all runs of a case: SimGrid at the update that is faster there, the other one beside it."""
    ours, loads = case["ours"], case["loads"]
    mine = statistics.median(result["cpu_s"] for result in ours)
    memory = statistics.median(result["peak_bytes"] for result in ours) / 1e6
    finished = {}
    for update in UPDATES:
        results = case["theirs"][update]
        if results and update not in case["ended"]:
            finished[update] = statistics.median(result["cpu_s"] for result in results)
    cells = [name, f"{ours[0]['events']}", f"{mine:.3f}"]
    cells += [f"{finished[update]:.3f}" if update in finished else f"> {limit_s}" for update in UPDATES]
    if finished:
        best = min(finished, key=finished.get)
        peers = statistics.median(result["peak_bytes"] for result in case["theirs"][best]) / 1e6
        cells += [f"**{finished[best] / mine:.1f}** ({best})", f"{memory:.0f}", f"{peers:.0f}"]
    else:
        cells += [f"**> {limit_s / mine:.0f}**", f"{memory:.0f}", ""]
    compared = worst(case)
    cells += [f"{compared[0]:.0e} ({compared[1]:.0e} s)" if compared else "not compared"]
    cells += [f"{min(loads):.1f} to {max(loads):.1f}"]
    return "| " + " | ".join(cells) + " |"


def worst(case):
    """The largest difference of ends, relative and absolute, to either update; None where neither finished."""
    compared = case["compared"].values()
    return (max(relative for relative, _ in compared), max(absolute for _, absolute in compared)) if compared else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simgrid", help="folder that SimGrid is installed in", default=os.environ.get("SIMGRID_PREFIX"))
    parser.add_argument("--runs", type=int, default=3, help="runs of each case, taken in turns (default 3)")
    parser.add_argument("--limit", type=int, default=600, help="CPU seconds after which a run of SimGrid is ended (default 600)")
    parser.add_argument("--small", action="store_true", help="small inputs, to try things out")
    parser.add_argument("--case", action="append", metavar="NAME", help=f"only this one; of {', '.join(CASES)}")
    parser.add_argument("--tolerance", type=float, default=1e-6, help="largest relative difference of ends (default 1e-6)")
    arguments = parser.parse_args()
    cases = SMALL if arguments.small else CASES
    chosen = arguments.case or list(cases)
    unknown = [name for name in chosen if name not in cases]
    if unknown:
        parser.error(f"there is no case {', '.join(unknown)}; there are {', '.join(cases)}")

    scratch = TARGET / "race"
    scratch.mkdir(parents=True, exist_ok=True)
    generate, race, peer = build(arguments.simgrid, scratch)
    results = {
        name: {"ours": [], "theirs": {update: [] for update in UPDATES}, "ended": set(), "loads": [], "compared": {}} for name in chosen
    }
    for name in chosen:
        subprocess.run([str(generate), *cases[name][1], "--out", str(scratch / f"{name}.txt")], check=True)
    version = "SimGrid"
    for turn in range(arguments.runs):
        for name in chosen:
            found = results[name]
            file, our_ends, peer_ends = (scratch / f"{name}.{end}" for end in ("txt", "ours", "theirs"))
            found["loads"].append(os.getloadavg()[0])
            found["ours"].append(run([race, file, "--ends", our_ends]))
            for update in UPDATES:
                if update in found["ended"]:
                    continue
                found["loads"].append(os.getloadavg()[0])
                result = run([peer, file, update, peer_ends], arguments.limit)
                if result is None:
                    found["ended"].add(update)
                    continue
                version = result["simulator"]
                found["theirs"][update].append(result)
                if update not in found["compared"]:
                    found["compared"][update] = difference(ends(our_ends), ends(peer_ends))
            print(f"turn {turn + 1}: {name} done", file=sys.stderr)

    runs = f"medians of {arguments.runs} runs taken in turns" if arguments.runs > 1 else "one run"
    print(f"{cpu_model()}, {os.cpu_count()} cores; {runs}; dapple at {commit()}, {version}.\n")
    print("| case | events | dapple CPU s | SimGrid Lazy CPU s | SimGrid Full CPU s | times faster than the better | dapple MB | SimGrid MB | largest difference of ends | load |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in chosen:
        print(row(cases[name][0], results[name], arguments.limit))
    differ = [name for name in chosen if (worst(results[name]) or [0])[0] > arguments.tolerance]
    if differ:
        sys.exit(f"the ends of {', '.join(differ)} differ by more than {arguments.tolerance}")


if __name__ == "__main__":
    main()
