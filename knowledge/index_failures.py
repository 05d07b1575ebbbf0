"""Why an article could not be indexed, in words for its editor that go on after "failed:".

A provider's own words may quote the text, so they are not among them.
"""

from knowledge.indexing import MAX_CHUNKS, BadEmbedding, TooManySections
from knowledge.providers import ErrorCode, ProviderError

MODEL_TROUBLE: dict[ErrorCode, str] = {
    "busy": "the embedding model is busy",
    "model_unavailable": "the embedding model does not answer",
    "model_timeout": "the embedding model took too long",
    "too_long": "a passage is too long for the embedding model",
}


def reason_for(error: Exception) -> str:
    """The reason that an editor is told."""
    if isinstance(error, ProviderError):
        return MODEL_TROUBLE.get(error.code, "the embedding model failed")
    if isinstance(error, TooManySections):
        return f"the article has more than {MAX_CHUNKS:,} passages"
    if isinstance(error, BadEmbedding):
        return "the embedding model gave something unusable"
    return f"an unexpected error ({type(error).__name__}), which the server's log tells more about"
