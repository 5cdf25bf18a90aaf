"""Load the plugins that every test runs under."""

pytest_plugins = ["tests.plugins.guards", "tests.plugins.postgres"]
