"""The app cannot be changed."""

from openrun_plugin import App


def move(app: App) -> None:
    app.path = "/elsewhere"  # error
