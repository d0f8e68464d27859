"""One module a command; each has ``add(parser)`` (declare options) and ``run(arguments, settings) -> int`` (exit code).

Results go to standard output, everything for the person (progress, warnings, errors) to standard error.
Exit codes: 0 done, 1 done but nothing usable came of it, 2 the call's words are wrong, 3 an error of ours (message on standard error).
"""
