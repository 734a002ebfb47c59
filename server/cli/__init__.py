"""The command ``reverie``: every command is a file beside this one, imported only when it is asked for."""

from __future__ import annotations

import importlib

import click

from .failure import explain

# What `reverie --help` says of each command; listing them imports none of them, and so no torch.
COMMANDS = {
    "dream": "Dream a picture into another one.",
    "zoom": "Dream a film that falls into its own dream.",
    "frames": "Dream an animation, and keep it still.",
    "presets": "List the presets, and show them all on a sheet.",
    "serve": "Serve dreams to Blender over ZeroMQ.",
    "pair": "Let a computer speak to the server on this one.",
    "clients": "List who may speak to the server on this machine, and shut them out.",
    "jobs": "List what the server on this computer has to do, and did.",
    "top": "Watch the server on this computer at work.",
    "doctor": "Examine the way to a dream server.",
    "atlas": "Show what each channel of a layer dreams.",
    "train": "Train a network on your own pictures.",
    "networks": "List the networks that can dream, and add your own.",
    "demo": "Dream a texture in headless Blender, from scene to render.",
    "pictures": "Make the pictures our own network learns from, with Blender.",
    "extension": "Build and test the extension zips for Blender.",
    "bench": "Measure the engine and the wire on this machine.",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of this package, each under the name ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order the help lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of that name and return its ``command``."""
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f".{cmd_name}", __package__).command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command asked for; what goes wrong ends in a sentence, or a traceback with ``--debug``."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            raise explain(error) from error


@click.group("reverie", cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback when something goes wrong.")
@click.version_option(package_name="reverie", message="%(prog)s %(version)s")
def main(debug: bool) -> None:
    """Dream inside Blender: a dream server, and its tools."""
