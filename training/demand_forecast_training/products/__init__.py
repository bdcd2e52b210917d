"""Product demand: what will be wanted of each product, as a count with a mean and quantiles."""
