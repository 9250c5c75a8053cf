#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes bike-trips.csv: a year of bicycle hire in a town that does not exist.

Same program, same bytes: every draw comes from random.random() with a fixed seed, and nothing is
taken from the clock or the network. `--check` compares the file beside this program with what it
would write and ends 1 if they differ.
"""

import csv
import datetime
import io
import math
import pathlib
import random
import sys

TRIPS = 12_000
SEED = 20_240_229
YEAR_START = datetime.date(2024, 1, 1)
DAYS = 366

# name, share of departures, position in km
STATIONS = [
    ("Harbour Gate", 14, (0.0, 0.0)),
    ("Central Station", 18, (1.2, 0.4)),
    ("Market Square, North", 11, (1.0, 1.1)),
    ("Market Square, South", 9, (1.1, 0.8)),
    ("Université", 12, (2.4, 2.0)),
    ("Žitná Street", 6, (1.9, 0.1)),
    ("Mill Pond", 5, (3.1, 1.2)),
    ('Theatre "Aurora"', 6, (0.7, 1.6)),
    ("Hospital", 7, (2.9, -0.9)),
    ("Lighthouse Hill", 3, (-1.6, 2.3)),
    ("Øresund Park", 5, (-0.8, 1.0)),
    ("Old Brewery", 4, (0.3, -1.5)),
]
BIKES = [("classic", 62), ("electric", 30), ("cargo", 8)]
SPEED_KMH = {"classic": 13.5, "electric": 18.0, "cargo": 11.0}
FARE_PER_MINUTE = {"classic": 0.08, "electric": 0.17, "cargo": 0.22}
HOURS = [1, 1, 1, 0, 1, 3, 9, 24, 30, 16, 11, 12, 15, 14, 12, 15, 24, 33, 26, 15, 10, 7, 5, 3]
COMMENTS = [
    "Bell is broken",
    "Smooth ride, thank you",
    'The dock said "return failed", twice',
    "Brakes squeak",
    "Flat tyre; pushed it home",
    "Saddle slips,\nwas fine last week",
    "Très agréable ☀",
    "Jsem spokojený, děkuji",
    "自転車は快適でした",
    "Basket missing, lock stiff",
    'App shows "0 km" although we crossed the whole town',
    "Lamp dead.\n\nPlease repair before winter.",
]
HEADER = [
    "trip_id", "date", "hour", "from_station", "to_station", "bike", "member", "minutes",
    "distance_km", "temperature_c", "raining", "battery_percent", "fare_eur", "comment",
]  # fmt: skip


def normal(rng):
    """One draw from the standard normal distribution (Box-Muller)."""
    return math.sqrt(-2.0 * math.log(1.0 - rng.random())) * math.cos(2.0 * math.pi * rng.random())


def pick(rng, weighted):
    """The index of one entry of a list of weights."""
    at = rng.random() * sum(weighted)
    for index, weight in enumerate(weighted):
        at -= weight
        if at < 0:
            return index
    return len(weighted) - 1


def weather(rng):
    """For each day: mean temperature in degrees Celsius, and whether it is a wet day."""
    days, drift, wet = [], 0.0, False
    for day in range(DAYS):
        drift = 0.8 * drift + 2.2 * normal(rng)
        wet = rng.random() < (0.55 if wet else 0.22)
        season = 10.5 - 10.0 * math.cos(2.0 * math.pi * (day - 20) / DAYS)
        days.append((season + drift - (2.0 if wet else 0.0), wet))
    return days


def demand(days):
    """Relative number of trips of each day: warm and dry days draw people out."""
    weights = []
    for day, (temperature, wet) in enumerate(days):
        weekend = (YEAR_START + datetime.timedelta(day)).weekday() >= 5
        weight = 1.0 + max(0.0, min(temperature, 26.0)) / 13.0
        weights.append(weight * (0.6 if wet else 1.0) * (0.75 if weekend else 1.0))
    return weights


def trip(rng, number, start, days):
    """One row, as text."""
    day, hour = start
    origin = pick(rng, [share for _, share, _ in STATIONS])
    target = pick(rng, [share for _, share, _ in STATIONS])
    bike = BIKES[pick(rng, [share for _, share in BIKES])][0]
    mean, wet = days[day]
    temperature = mean + 4.0 * math.sin(2.0 * math.pi * (hour - 9) / 24.0) + 0.6 * normal(rng)
    (x0, y0), (x1, y1) = STATIONS[origin][2], STATIONS[target][2]
    straight = math.hypot(x1 - x0, y1 - y0) if origin != target else 1.5 + 3.0 * rng.random()
    distance = max(0.15, straight * (1.25 + 0.12 * normal(rng)))
    minutes = max(1, round(distance / SPEED_KMH[bike] * 60.0 * math.exp(0.25 * normal(rng)) + 2.0))
    member = rng.random() < 0.71
    if rng.random() < 0.0015:  # a bicycle that was never docked
        minutes = 720 + int(rng.random() * 2160)
    fare = minutes * FARE_PER_MINUTE[bike] + (0.0 if member else 1.0)
    battery = round(max(3.0, 96.0 - 55.0 * rng.random() ** 2 - distance * 4.0))
    return [
        str(100_000 + number),
        (YEAR_START + datetime.timedelta(day)).isoformat(),
        str(hour),
        STATIONS[origin][0],
        STATIONS[target][0],
        bike,
        "true" if member else "false",
        str(minutes),
        "" if rng.random() < 0.024 else f"{distance:.2f}",  # no position fix
        "NA" if rng.random() < 0.011 else f"{temperature:.1f}",  # thermometer silent
        "true" if wet and rng.random() < 0.6 else "false",
        str(battery) if bike == "electric" else "",
        f"{min(fare, 60.0):.2f}",
        COMMENTS[int(rng.random() * len(COMMENTS))] if rng.random() < 0.045 else "",
    ]


def make():
    """The whole file."""
    rng = random.Random(SEED)
    days = weather(rng)
    weights = demand(days)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    starts = sorted((pick(rng, weights), pick(rng, HOURS)) for _ in range(TRIPS))
    for number, start in enumerate(starts):
        writer.writerow(trip(rng, number, start, days))
    return out.getvalue().encode("utf-8")


def main():
    path = pathlib.Path(__file__).with_name("bike-trips.csv")
    data = make()
    if sys.argv[1:] == ["--check"]:
        same = path.read_bytes() == data
        print(f"{path.name}: {'as generated' if same else 'differs from what this program writes'}")
        return 0 if same else 1
    path.write_bytes(data)
    print(f"{path.name}: {TRIPS} trips, {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
