"""Faults in a cluster with real controllers: broken, diagnosed, mended by the printed advice."""
