"""What scoring refuses. Every message names the thing and the remedy."""


class DemandForecastError(Exception):
    """Base of the errors of this package."""


class FeatureMismatch(DemandForecastError):
    """The features offered are not the ones that the model was trained on."""


class BadInput(DemandForecastError):
    """A null, NaN or infinite value where the model needs a number."""


class ModelRefused(DemandForecastError):
    """The model's bytes or answers are not the ones that were registered."""


class ProviderUnavailable(DemandForecastError):
    """A GPU is required and none ran."""


class VersionMismatch(DemandForecastError):
    """The dbt side and the Python side are of different minor versions."""


class SecretRefused(DemandForecastError):
    """The secret that keys customers is missing, too short, or not that of the last build."""
