//! What is learned: regression, forecasts, error metrics; knows feature tables and seeds, no grid.
