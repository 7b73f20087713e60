"""Our scripts in Shopify's storefront, checked by TypeScript: the app pixel against Shopify's own types of its sandbox."""

import json
import shutil
import subprocess
from pathlib import Path

from connectors.shopify import custom_pixel
from tests.rig.node import PEERS, have_or_skip
from tests.rig.plans import PLAN

STOREFRONT = Path(custom_pixel.__file__).parent / "storefront"
PIXEL = STOREFRONT / "extensions/tandem-pixel"
# What the browsers of shoppers know; the types of Node, which lie beside Shopify's, are none of theirs.
OPTIONS = {
    "noEmit": True,
    "allowJs": True,
    "checkJs": True,
    "strict": True,
    "target": "es2022",
    "lib": ["es2022", "dom", "dom.iterable"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "types": [],
}


def complaints(folder: Path, **scripts: str) -> str:
    """What TypeScript says of them, by file name; "" where it is content."""
    have_or_skip()
    for name, text in scripts.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    (folder / "node_modules").symlink_to(PEERS / "node_modules")
    told = {"compilerOptions": OPTIONS, "files": [f"{name}.js" for name in scripts]}
    (folder / "tsconfig.json").write_text(json.dumps(told))
    node = shutil.which("node")
    assert node
    tsc = PEERS / "node_modules/typescript/bin/tsc"
    done = subprocess.run([node, str(tsc), "-p", str(folder)], capture_output=True, text=True, check=False)
    assert bool(done.returncode) is bool(done.stdout), done
    return done.stdout


def script(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def custom_pixel_with_its_types() -> str:
    """As it is pasted, with the notes that say the types: places filled, and none left."""
    text = custom_pixel.text(PLAN)
    plan = next(line for line in text.splitlines() if "baked = " in line).partition("baked = ")[2].rstrip(";")
    made = script(STOREFRONT / "custom-pixel/tandem-pixel.js")
    made = made.replace("__PLAN__", plan).replace("__KEY__", "key").replace("__VERSION__", custom_pixel.VERSION)
    assert "__" not in made.partition("(() =>")[2]
    return made


def test_no_script_of_ours_contradicts_its_types(tmp_path: Path) -> None:
    scripts = {
        "app_pixel": script(PIXEL / "src/index.js"),
        "embed": script(STOREFRONT / "extensions/tandem-embed/assets/tandem-embed.js"),
        "custom_pixel": custom_pixel_with_its_types(),
    }
    written = [path for path in STOREFRONT.rglob("*.js") if "node_modules" not in path.parts]
    assert len(written) == len(scripts), "a script that is not looked at here"
    assert complaints(tmp_path, **scripts) == ""


def test_words_that_shopifys_sandbox_does_not_know_are_found(tmp_path: Path) -> None:
    source = script(PIXEL / "src/index.js")
    wrong = {
        "event": source.replace('subscribe("checkout_started"', 'subscribe("checkout_begun"'),
        "field": source.replace("event.data.checkout.token", "event.data.checkout.tokens"),
        "call": source.replace("cookie.get(name)", "cookie.fetch(name)"),
    }
    said = complaints(tmp_path, **wrong)
    assert [name for name in wrong if f"{name}.js(" not in said] == []


def test_leaving_its_notes_out_leaves_the_custom_pixel_a_script(tmp_path: Path) -> None:
    # TS1xxx are faults of syntax. Without its notes the types are gone, so nothing else is asked.
    said = complaints(tmp_path, pasted=f"// @ts-nocheck\n{custom_pixel.text(PLAN)}")
    assert said == ""
