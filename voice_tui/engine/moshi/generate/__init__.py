"""The streaming generator: tokens in, tokens out, one evaluation per 80 ms step, without a limit of length."""
