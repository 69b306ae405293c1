"""What is counted while the server runs, for Prometheus; read at /metrics."""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
COMPUTED = Histogram("camadas_computed_seconds", "Seconds of a turn", ["operation"], buckets=SECONDS)
WAITED = Histogram("camadas_waited_seconds", "Seconds that a request has waited for its turn", buckets=SECONDS)
WAITING = Gauge("camadas_waiting", "Requests that wait for their turn")
JOBS = Gauge("camadas_jobs", "Runs by state", ["state"])
SESSIONS = Gauge("camadas_sessions", "Visitors' sessions", ["state"])
LOADS = Counter("camadas_model_loads", "Checkpoints that were loaded", ["name"])
REJECTED = Counter("camadas_rejected_uploads", "Files that were not taken", ["reason"])
REFUSED = Counter("camadas_refused", "Requests beyond a limit", ["limit"])


def loads() -> dict[str, float]:
    """How often each checkpoint was loaded in this process."""
    samples = [sample for family in LOADS.collect() for sample in family.samples]
    return {sample.labels["name"]: sample.value for sample in samples if sample.name.endswith("_total")}


def loads_since(before: dict[str, float]) -> dict[str, float]:
    """Those that have been loaded since `loads` gave that."""
    return {name: n - before.get(name, 0) for name, n in loads().items() if n > before.get(name, 0)}


def count_loads(elsewhere: dict[str, float]) -> None:
    """Count what was loaded for us in another process."""
    for name, n in elsewhere.items():
        LOADS.labels(name).inc(n)
