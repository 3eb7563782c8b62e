"""The quality gate: what is wrong, or may be, with a statement before anybody is asked to sign it.

One small module a check. All of them are pure: the statement, what is known of its incident and the office's rules go
in, findings come out, and nothing is looked up. `examining.examine` puts them together.
"""
