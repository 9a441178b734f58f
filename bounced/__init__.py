"""bounced: the daemon behind your Return-Path."""

__version__ = "0.1.0"
