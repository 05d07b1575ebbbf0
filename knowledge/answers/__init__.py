"""From a question to a streamed, cited, stored answer.

`question` cleans what was asked; `stream` is the way in (`open_answer`, `follow`, `ask`);
`generation` writes one answer for all who follow it; `store` keeps answers in MongoDB; `events`
are what everyone sees. `prompt`, `citations`, `sentences` and `extractive` are pure.
Finding the passages is `knowledge.search`; talking to a model is `knowledge.providers`.
"""
