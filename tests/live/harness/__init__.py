"""A private Postfix, a sink, and warifu-milter between them, for live tests and the quickstart.

Everything lives in one scratch folder and listens on loopback with ports that nobody chose; nothing
of the machine's own mail server is read, written or stopped. Python's standard library only.
"""
