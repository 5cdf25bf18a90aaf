"""What the try of a connection found, and what to do about it, in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.sharing.plans import TestKind, TestResult

translate = QCoreApplication.translate


def tried_text(found: TestResult, login: str) -> str:
    """Return the finding of a connection that cannot be used, tried as `login`."""
    advice = {**_on_the_way(), **_inside()}[found.kind]
    return advice.format(host=found.host, port=found.port, login=login, detail=found.detail)


def _on_the_way() -> dict[TestKind, str]:
    """What keeps a desk from asking to be let in."""
    return {
        TestKind.ADDRESS: translate("first_run", "The address cannot be used: {detail}."),
        TestKind.NAME: translate(
            "first_run", "No computer is called {host} here. Check the spelling, or use its IP address."
        ),
        TestKind.REFUSED: translate(
            "first_run",
            "{host} answers, but nothing listens at its port {port}. Is PostgreSQL started there, does it "
            "listen on the network (listen_addresses), and is the port right?",
        ),
        TestKind.TIMEOUT: translate(
            "first_run",
            "{host} does not answer at port {port}. Is it on, in the same network, and does its firewall let "
            "this port through?",
        ),
        TestKind.NO_TLS: translate(
            "first_run",
            "The server at {host} offers no encryption. Whoever looks after it sets ssl = on; passwords and "
            "patients' data do not go over a network in clear.",
        ),
        TestKind.NO_AUTHORITY: translate("first_run", "The certificate of the server's authority is needed: {detail}."),
        TestKind.UNKNOWN_AUTHORITY: translate(
            "first_run",
            "The certificate of the server at {host} is signed by an authority that was not named, and that this PC "
            "does not know. Name the file with its authority's certificate: whoever looks after the server has it. If "
            "it was right before, do not go on.",
        ),
        TestKind.WRONG_HOST: translate(
            "first_run",
            "The server's certificate is not for {host} but for {detail}. Use that name in the address, or have "
            "the certificate made for {host}, too.",
        ),
        TestKind.EXPIRED: translate(
            "first_run",
            "The certificate of the server at {host} is not valid today. It has to be renewed there; or the "
            "clock of this PC is wrong.",
        ),
        TestKind.TLS_FAILED: translate(
            "first_run", "No encrypted connection to {host} could be agreed on ({detail}). It needs TLS 1.2 or newer."
        ),
        TestKind.NOT_POSTGRESQL: translate(
            "first_run", "What answers at {host} port {port} is no PostgreSQL server. Check the port."
        ),
        TestKind.CLEAR_TEXT: translate(
            "first_run",
            "The server at {host} asks for the password in a way that could give it away ({detail}). Its "
            "pg_hba.conf has to say scram-sha-256 for this login.",
        ),
        TestKind.NO_ENTRY: translate(
            "first_run",
            "The server at {host} does not let {login} into the database {detail} from this PC. Check the database's "
            "name; if it is right, the server's pg_hba.conf needs a line hostssl … scram-sha-256 for this PC's "
            "network.",
        ),
    }


def _inside() -> dict[TestKind, str]:
    """What the server answers to a login, and what is found behind."""
    return {
        TestKind.NO_PASSWORD: translate(
            "first_run", "A login and its password are needed to try further; up to there everything is right."
        ),
        TestKind.WRONG_PASSWORD: translate(
            "first_run", "The server does not take this login with this password. Capital letters count."
        ),
        TestKind.LOGIN_CLOSED: translate(
            "first_run", "The login {login} may not sign in any more. A manager of the clinic can open it again."
        ),
        TestKind.NO_DATABASE: translate(
            "first_run", "There is no database {detail} on the server. Check its name, or have the clinic made there."
        ),
        TestKind.NO_RIGHTS: translate(
            "first_run", "The login {login} may not use the database {detail}. A manager of the clinic adds people."
        ),
        TestKind.FULL: translate(
            "first_run", "The server has no connection free. Its max_connections is too low for so many desks."
        ),
        TestKind.STARTING: translate("first_run", "The server is just starting or stopping. Try again in a minute."),
        TestKind.TOO_OLD: translate("first_run", "The server is PostgreSQL {detail}; 14 or newer is needed."),
        TestKind.STANDBY: translate(
            "first_run",
            "The server is a standby copy that takes no changes. Name the primary, too: several hosts may be "
            "given, and the program finds the one that takes changes.",
        ),
        TestKind.EMPTY: translate("first_run", "The database is empty: no clinic was made in it yet."),
        TestKind.FOREIGN: translate(
            "first_run", "The database belongs to another program. Use one of its own for the clinic."
        ),
        TestKind.SCHEMA_OLDER: translate(
            "first_run", "The clinic's database is of an older version ({detail}): a manager upgrades it first."
        ),
        TestKind.SCHEMA_NEWER: translate(
            "first_run", "The clinic's database is of a newer version ({detail}): update Clinic Desk on this PC."
        ),
        TestKind.FAILED: translate("first_run", "The connection failed: {detail}."),
    }
