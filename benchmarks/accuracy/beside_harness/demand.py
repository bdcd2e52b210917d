"""Units of a product and day: rows and peers of a split, and every system beside them on the same rows and draws.

Usage: ``python -m benchmarks.accuracy.beside_harness.demand peers DATASET SPLIT EVENTS FOLDER`` writes rows_h*.parquet,
peers_h*.parquet and products.json; ``... demand judge FOLDER SYSTEMS OUT`` judges the answers of SYSTEMS (JSON: files by
horizon and name). The harness has peers for its test days alone, and none that forecasts quantiles: its own functions are
called on a table that ends with the split's last day, and LightGBM's quantile objective is fitted on its lag features.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

Array = Any
"""Numbers of any shape."""
HORIZONS = (1, 7)
LEVELS = {"units_p10": 0.1, "units_p50": 0.5, "units_p90": 0.9, "units_p95": 0.95}
REPLICATES = 1000
KNOWN_DAYS = 56
"""Days whose own quantiles the plain peer takes."""


def harness(name: str) -> Any:
    return import_module(name)


def table_of(split: str, dataset: str, events: Path) -> pd.DataFrame:
    """Units by day (rows) and product, through the last day of the split; the products are the protocol's."""
    protocols = harness("protocols")
    units = protocols.daily_units(events, dataset)
    return units if split == "test" else units[: len(units) - protocols.DEMAND_DAYS]


def write_peers(dataset: str, split: str, events: Path, folder: Path) -> None:
    table, protocols = table_of(split, dataset, events), harness("protocols")
    targets = np.arange(len(table) - protocols.DEMAND_DAYS, len(table))
    days = {}
    for horizon in HORIZONS:
        rows_of(table, targets, horizon).to_parquet(folder / f"rows_h{horizon}.parquet", index=False)
        peers = peers_of(table, targets, horizon)
        long = {name: values.ravel() for name, values in peers.items()}
        pd.DataFrame(long).to_parquet(folder / f"peers_h{horizon}.parquet", index=False)
        days[horizon] = str((table.index[targets[0]] - pd.Timedelta(days=horizon)).date())
    told = {"products": [str(name) for name in table.columns], "first_origins": days, "last_day": str(table.index[-1].date())}
    (folder / "products.json").write_text(json.dumps(told, indent=2) + "\n")


def rows_of(table: pd.DataFrame, targets: Array, horizon: int) -> pd.DataFrame:
    """Target days by product, with the units and the root mean squared weekly difference before the window (RMSSE's scale)."""
    units = table.to_numpy(dtype=np.float64)
    before = units[: targets[0]]
    scale = np.sqrt(((before[7:] - before[:-7]) ** 2).mean(axis=0))
    size = len(targets)
    return pd.DataFrame(
        {
            "product_id": np.tile(table.columns.to_numpy().astype(str), size),
            "target_date": np.repeat(table.index[targets].to_numpy(), len(table.columns)),
            "as_of_date": np.repeat((table.index[targets] - pd.Timedelta(days=horizon)).to_numpy(), len(table.columns)),
            "label": units[targets].ravel(),
            "scale": np.tile(scale, size),
        }
    )


def peers_of(table: pd.DataFrame, targets: Array, horizon: int) -> dict[str, Array]:
    """The harness's peers, each (targets, products); and quantiles named PEER:LEVEL of two more."""
    peers, units = harness("peers_demand"), table.to_numpy(dtype=np.float64)
    weekday = int(table.index[0].dayofweek)
    found: dict[str, Array] = peers.naive_forecasts(units, horizon, targets)
    found |= peers.lightgbm_demand(units, horizon, targets, weekday)
    found |= peers.statistical_forecasts(units, horizon, targets)
    return found | lightgbm_quantiles(units, horizon, targets, weekday) | own_quantiles(units, horizon, targets)


def lightgbm_quantiles(units: Array, horizon: int, targets: Array, weekday: int) -> dict[str, Array]:
    """LightGBM's quantile objective on the harness's features; rounds by validation pinball, then fitted on both parts."""
    peers = harness("peers_demand")
    split = peers.tuning_days(int(targets[0]), horizon)
    x = {name: peers.lag_features(units, horizon, chosen, weekday) for name, chosen in split.items()}
    y = {name: units[chosen].ravel() for name, chosen in split.items()}
    wanted, found = peers.lag_features(units, horizon, targets, weekday), {}
    for name, level in LEVELS.items():
        options = peers.demand_parameters("quantile", "quantile", 1) | {"alpha": level}
        train = lgb.Dataset(x["train"], y["train"], free_raw_data=False)
        valid = lgb.Dataset(x["valid"], y["valid"], reference=train)
        stop: list[Any] = [lgb.early_stopping(peers.PATIENCE, verbose=False)]
        best = max(lgb.train(options, train, peers.ROUNDS, valid_sets=[valid], callbacks=stop).best_iteration, 1)
        both = lgb.Dataset(np.vstack([x["train"], x["valid"]]), np.concatenate([y["train"], y["valid"]]))
        said = np.asarray(lgb.train(options, both, best).predict(wanted)).reshape(len(targets), -1)
        found[f"lightgbm_quantiles:{name}"] = np.maximum(said, 0)
    return found


def own_quantiles(units: Array, horizon: int, targets: Array) -> dict[str, Array]:
    """Quantiles of the product's own last days."""
    known = targets - horizon
    return {
        f"last_{KNOWN_DAYS}_days:{name}": np.stack(
            [np.quantile(units[day - KNOWN_DAYS + 1 : day + 1], level, axis=0, method="inverted_cdf") for day in known]
        )
        for name, level in LEVELS.items()
    }


def judge(folder: Path, systems: dict[str, dict[str, str]]) -> dict[str, Any]:
    """By horizon: losses of every peer and system, gains of the systems over the best peer, bias and coverage."""
    return {horizon: judged(folder, int(horizon), files) for horizon, files in systems.items()}


def judged(folder: Path, horizon: int, files: dict[str, str]) -> dict[str, Any]:
    rows, peers = pd.read_parquet(folder / f"rows_h{horizon}.parquet"), pd.read_parquet(folder / f"peers_h{horizon}.parquet")
    own = {name: aligned(rows, pd.read_parquet(file)) for name, file in files.items()}
    unit, units = pd.factorize(rows["product_id"])
    draws = harness("compare").sample_and_replicates(len(units), REPLICATES, seed=1)
    label, scale = rows["label"].to_numpy(), rows["scale"].to_numpy()
    points = [name for name in peers.columns if ":" not in name]
    quantile_peers = sorted({name.split(":")[0] for name in peers.columns if ":" in name})
    losses: dict[str, dict[str, Array]] = {"wape": {}, "rmsse": {}, "pinball": {}}
    for name in points:
        losses["wape"][name] = wape(unit, label, peers[name].to_numpy(), draws)
        losses["rmsse"][name] = rmsse(unit, label, peers[name].to_numpy(), scale, draws)
    for name in quantile_peers:
        said = {level: peers[f"{name}:{level}"].to_numpy() for level in LEVELS}
        losses["pinball"][name] = pinball(unit, label, said, draws)
    peers_by_measure = {measure: list(values) for measure, values in losses.items()}
    for name, said in own.items():
        losses["wape"][name] = wape(unit, label, said["units_p50"].to_numpy(), draws)
        losses["rmsse"][name] = rmsse(unit, label, said["expected_units"].to_numpy(), scale, draws)
        losses["pinball"][name] = pinball(unit, label, {level: said[level].to_numpy() for level in LEVELS}, draws)
    return {
        "rows": len(rows),
        "losses": {measure: {name: float(found[0]) for name, found in values.items()} for measure, values in losses.items()},
        "gains": {
            name: {
                measure: {peer: gain(values[name], values[peer]) for peer in peers_by_measure[measure]}
                for measure, values in losses.items()
            }
            for name in own
        },
        "bias": {name: float(peers[name].sum() / label.sum() - 1) for name in points}
        | {name: float(said["expected_units"].sum() / label.sum() - 1) for name, said in own.items()},
        "coverage": {name: coverage(label, said) for name, said in own.items()},
    }


def aligned(rows: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Answers in the order of the rows. Raises where one is missing or there twice."""
    keys = ["product_id", "target_date"]
    answers = answers.assign(target_date=pd.to_datetime(answers["target_date"]), product_id=answers["product_id"].astype(str))
    found = rows[keys].merge(answers, on=keys, how="left", validate="1:1")
    if found["expected_units"].isna().any():
        raise SystemExit(f"{int(found['expected_units'].isna().sum())} rows have no answer")
    return found


def sums(unit: Array, values: Array) -> Array:
    return np.bincount(unit, weights=values)


def wape(unit: Array, label: Array, said: Array, draws: Array) -> Array:
    return (draws @ sums(unit, np.abs(label - said))) / (draws @ sums(unit, label))


def rmsse(unit: Array, label: Array, said: Array, scale: Array, draws: Array) -> Array:
    """Root mean squared error of each product by its scale, averaged over products (M5 competition, unweighted)."""
    count = sums(unit, np.ones(len(unit)))
    each = np.sqrt(sums(unit, (label - said) ** 2) / count) / np.maximum(sums(unit, scale) / count, 1e-9)
    usable = sums(unit, scale) > 0
    return (draws @ np.where(usable, each, 0)) / (draws @ usable.astype(float))


def pinball(unit: Array, label: Array, said: dict[str, Array], draws: Array) -> Array:
    """Pinball loss, the mean of the levels, by units sold."""
    losses = [np.maximum(LEVELS[name] * (label - q), (LEVELS[name] - 1) * (label - q)) for name, q in said.items()]
    return (draws @ sums(unit, np.mean(losses, axis=0))) / (draws @ sums(unit, label))


def gain(ours: Array, theirs: Array) -> dict[str, float]:
    """Relative gain over a peer, with its 95 % interval over draws of products."""
    gains = 1 - ours / theirs
    low, high = np.quantile(gains[1:], [0.025, 0.975])
    return {"gain": float(gains[0]), "low": float(low), "high": float(high)}


def coverage(label: Array, said: pd.DataFrame) -> dict[str, list[float]]:
    """By quantile: share of rows below it, and at or below it."""
    return {name: [float((label < said[name]).mean()), float((label <= said[name]).mean())] for name in LEVELS}


def main() -> None:
    if sys.argv[1] == "peers":
        write_peers(sys.argv[2], sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]))
    else:
        found = judge(Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text()))
        Path(sys.argv[4]).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
