"""Is this package more accurate than the models one would otherwise use? Fixed protocols, strong peers, paired comparison.

The protocols, the evaluation rows and the peers are a harness of their own, kept outside this repository: its folder is an
argument. Modules of `beside_harness` import it and run in its environment; the others run in the project's.
"""

import os

# Threads that wait by spinning are many times slower where another process uses the cores. Read once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
