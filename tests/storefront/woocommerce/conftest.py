"""One WordPress for all tests of the plugin."""

from tests.rig import wordpress as rig

running_wordpress, wordpress = rig.running_wordpress, rig.wordpress
