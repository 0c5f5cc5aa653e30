"""A simulated OpenRouter: real HTTP on loopback, repeatable by its seed, with a true bill.

`running_simulator()` serves it to tests and the demo, `serve()` to the command line.
"""

from ingest.simulator.server import RunningSimulator, running_simulator, serve
from ingest.simulator.state import SimulatorConfig

__all__ = ["RunningSimulator", "SimulatorConfig", "running_simulator", "serve"]
