"""The extension as Blender installs it: its files, its wheels, its zips, and a trial of them in real Blenders."""
