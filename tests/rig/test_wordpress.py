"""The rig's WordPress is a real one: it installs, runs and removes a plugin as it does in a shop. So is its stand-in's shop."""

import json
import zipfile

import pytest

from tests.rig import wordpress as rig
from tests.rig.pages import Browser

running_wordpress, wordpress = rig.running_wordpress, rig.wordpress

PLUGIN = "word/word.php"
_MAIN = """<?php
/** Plugin Name: Word */
register_activation_hook( __FILE__, fn() => update_option( 'word_is', 'on' ) );
register_deactivation_hook( __FILE__, fn() => update_option( 'word_is', 'off' ) );
add_action( 'word_later', fn() => update_option( 'word_later', 'ran' ) );
add_action( 'wp_footer', function () { echo 'a word in the footer'; } );
"""
_UNINSTALL = "<?php delete_option( 'word_is' );"


@pytest.fixture
def archive(tmp_path):
    """A plugin, zipped."""
    with zipfile.ZipFile(tmp_path / "word.zip", "w") as packed:
        packed.writestr("word/word.php", _MAIN)
        packed.writestr("word/uninstall.php", _UNINSTALL)
    return tmp_path / "word.zip"


@pytest.fixture
def word(wordpress, archive):
    """The plugin, installed and active."""
    assert wordpress.install_zip(archive) == PLUGIN
    wordpress.activate(PLUGIN)
    return wordpress


def test_it_is_new_enough_for_the_plugin_and_quiet(wordpress):
    assert wordpress.json("version_compare( get_bloginfo( 'version' ), '6.4', '>=' )") is True
    assert wordpress.debug_log == ""


def test_a_zip_is_installed_activated_deactivated_and_uninstalled_by_wordpress_itself(word):
    assert word.json("get_option( 'word_is' )") == "on"
    word.deactivate(PLUGIN)
    assert word.json("get_option( 'word_is' )") == "off"
    word.uninstall(PLUGIN)
    assert word.json("get_option( 'word_is' )") is False
    assert not (word.folder / "word").exists()
    assert word.debug_log == ""


def test_a_broken_zip_is_a_failure(wordpress, tmp_path):
    (tmp_path / "word.zip").write_bytes(b"not a zip")
    with pytest.raises(AssertionError, match="could not be installed"):
        wordpress.install_zip(tmp_path / "word.zip")


def test_a_plugin_that_prints_while_it_activates_is_a_failure(wordpress):
    (wordpress.folder / "loud.php").write_text("<?php\n/** Plugin Name: Loud */\necho 'here I am';")
    with pytest.raises(AssertionError, match="here I am"):
        wordpress.activate("loud.php")


def test_code_that_dies_is_a_failure(wordpress):
    with pytest.raises(AssertionError, match="no_such_function"):
        wordpress.php("no_such_function();")


def test_the_log_holds_what_a_page_complains_of(wordpress):
    (wordpress.folder / "loud.php").write_text(
        "<?php\n/** Plugin Name: Loud */\nadd_action( 'wp_footer', fn() => $nobody );"
    )
    wordpress.activate("loud.php")
    assert wordpress.debug_log == ""
    Browser(wordpress.url).get("/")
    assert "Undefined variable $nobody" in wordpress.debug_log


def test_visitors_see_what_a_plugin_adds_and_the_administrator_sees_wp_admin(word):
    browser = Browser(word.url)
    assert "a word in the footer" in browser.get("/").data.decode()
    assert browser.get("/wp-admin/plugins.php").status == 302
    word.sign_in(browser)
    page = browser.get("/wp-admin/plugins.php")
    assert page.status == 200
    assert 'data-plugin="word/word.php"' in page.data.decode()
    assert word.debug_log == ""


def test_cron_runs_when_it_is_told(word):
    word.php("wp_schedule_single_event( time() - 1, 'word_later' );")
    Browser(word.url).get("/")
    assert word.json("get_option( 'word_later' )") is False
    assert "word_later" in word.run_cron()
    assert word.json("get_option( 'word_later' )") == "ran"


def test_nobody_outside_can_be_asked_and_loopback_can(wordpress):
    refused = "wp_remote_get( 'http://192.0.2.1/' )->get_error_message()"
    assert wordpress.json(refused) == "User has blocked requests through HTTP."
    answered = "wp_remote_retrieve_response_code( wp_safe_remote_get( $told['url'] ) )"
    assert wordpress.json(answered, url=f"{wordpress.url}/wp-json/") == 200


def test_a_site_can_be_a_copy_under_another_address_for_a_while(wordpress):
    with wordpress.constants(WP_HOME="https://copy.example", WP_ENVIRONMENT_TYPE="staging"):
        assert wordpress.json("array( home_url(), wp_get_environment_type() )") == ["https://copy.example", "staging"]
    assert wordpress.json("array( home_url(), wp_get_environment_type() )") == [wordpress.url, "production"]


def test_the_next_test_finds_nothing_of_this_one(word):
    word.php("$GLOBALS['wpdb']->query( 'CREATE TABLE wp_words (id INT)' ); trigger_error( 'a word' );")
    before = word.tables()
    word.emptied()
    assert before - word.tables() == {"wp_words"}
    assert word.json("array( get_option( 'word_is' ), get_option( 'active_plugins' ) )") == [False, []]
    assert list(word.folder.iterdir()) == []
    assert word.debug_log == ""


@pytest.fixture
def shop(wordpress):
    """With the stand-in of WooCommerce, and a plugin that writes down which hooks of a checkout it met."""
    wordpress.sell()
    (wordpress.folder / "witness.php").write_text(_WITNESS)
    wordpress.activate("witness.php")
    return wordpress


_HOOKS = (
    "woocommerce_checkout_create_order",
    "woocommerce_checkout_update_order_meta",
    "woocommerce_checkout_order_processed",
    "woocommerce_store_api_checkout_update_order_meta",
    "woocommerce_store_api_checkout_update_order_from_request",
    "woocommerce_store_api_checkout_order_processed",
    "woocommerce_new_order",
    "woocommerce_payment_complete",
    "woocommerce_thankyou",
)
_WITNESS = f"""<?php
/** Plugin Name: Witness */
add_action( 'before_woocommerce_init', function () {{
    Automattic\\WooCommerce\\Utilities\\FeaturesUtil::declare_compatibility( 'custom_order_tables', __FILE__, true );
}} );
foreach ( json_decode( '{json.dumps(_HOOKS)}' ) as $hook ) {{
    add_action( $hook, function () use ( $hook ) {{
        update_option( 'met', array_merge( get_option( 'met', array() ), array( $hook ) ) );
    }} );
}}
foreach ( array( 'woocommerce_checkout_create_order', 'woocommerce_store_api_checkout_update_order_meta' ) as $hook ) {{
    add_action( $hook, fn( $order ) => $order->update_meta_data( '_fbp', $_COOKIE['_fbp'] ?? '' ) );
}}
"""


def test_the_stand_ins_classic_checkout_calls_its_hooks_and_keeps_what_they_wrote(shop):
    browser = Browser(shop.url, {"_fbp": "fb.1.2.3"})
    browser.get("/?add-to-cart=7")
    answer = shop.post(browser, "/?wc-ajax=checkout", billing_email="ann@example.com", payment_method="card").json()
    assert "<html>" in browser.get(answer["redirect"].removeprefix(shop.url)).data.decode()
    assert shop.json("get_option( 'met' )") == [
        "woocommerce_checkout_create_order",
        "woocommerce_new_order",
        "woocommerce_checkout_update_order_meta",
        "woocommerce_checkout_order_processed",
        "woocommerce_payment_complete",
        "woocommerce_thankyou",
    ]
    order = shop.json(
        "array( wc_get_order( $told['id'] )->get_meta( '_fbp' ), wc_get_order( $told['id'] )->get_total() )",
        id=answer["order_id"],
    )
    assert order == ["fb.1.2.3", "10.00"]
    assert shop.debug_log == ""


def test_the_stand_ins_store_api_calls_its_hooks_and_keeps_what_they_wrote(shop):
    browser = Browser(shop.url, {"_fbp": "fb.1.2.3"})
    browser.get("/?add-to-cart=7")
    placed = json.dumps({"billing_address": {"email": "ann@example.com"}, "payment_method": "bacs"})
    answer = browser.ask("POST", "/wp-json/wc/store/v1/checkout", placed, Content_Type="application/json").json()
    assert answer["status"] == "on-hold"
    assert shop.json("get_option( 'met' )") == [
        "woocommerce_store_api_checkout_update_order_meta",
        "woocommerce_store_api_checkout_update_order_from_request",
        "woocommerce_new_order",
        "woocommerce_store_api_checkout_order_processed",
    ]
    kept = "array( wc_get_order( $told['id'] )->get_meta( '_fbp' ), wc_get_order( $told['id'] )->get_billing_email() )"
    assert shop.json(kept, id=answer["order_id"]) == ["fb.1.2.3", "ann@example.com"]
    assert shop.debug_log == ""


def test_the_stand_in_hears_what_plugins_declare(shop):
    declared = "Automattic\\WooCommerce\\Utilities\\FeaturesUtil::$declared"
    assert shop.json(declared) == [["custom_order_tables", "witness.php", True]]


def test_the_stand_ins_queue_runs_what_is_due_when_it_is_told_and_no_failure_stops_it(shop):
    shop.php("""
        as_enqueue_async_action( 'broken', array( 1 ), 'words' );
        as_enqueue_async_action( 'word', array( 'now' ), 'words', true );
        as_enqueue_async_action( 'word', array( 'again' ), 'words', true );
        as_schedule_single_action( 2000, 'word', array( 'later' ), 'words' );
    """)
    (shop.folder / "words.php").write_text("""<?php
/** Plugin Name: Words */
add_action( 'broken', function () { throw new RuntimeException( 'no word' ); } );
add_action( 'word', fn( $word ) => update_option( 'said', get_option( 'said', '' ) . $word ) );
""")
    shop.activate("words.php")
    assert shop.run_actions(1_999) == ["broken", "RuntimeException: no word", "word"]
    assert shop.run_actions(2_000) == ["word"]
    assert shop.run_actions() == []
    assert shop.json("get_option( 'said' )") == "nowlater"


def test_the_stand_ins_orders_list_shows_the_columns_of_plugins(shop):
    shop.php("( new WC_Order() )->save();")
    (shop.folder / "column.php").write_text("""<?php
/** Plugin Name: Column */
add_filter( 'manage_woocommerce_page_wc-orders_columns', fn( $all ) => $all + array( 'word' => 'Word' ) );
add_action( 'manage_woocommerce_page_wc-orders_custom_column', function ( $column, $order ) {
    echo 'word' === $column ? 'of ' . $order->get_id() : '';
}, 10, 2 );
""")
    shop.activate("column.php")
    browser = Browser(shop.url)
    shop.sign_in(browser)
    assert '<td class="column-word">of 100</td>' in browser.get("/wp-admin/admin.php?page=wc-orders").data.decode()
    assert shop.debug_log == ""
