"""Chat completions: from the request, through a plan of the answer, to a body or a stream."""
