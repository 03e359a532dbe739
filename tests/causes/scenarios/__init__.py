"""States that were never recorded, by the stage of tracing that explains them."""
