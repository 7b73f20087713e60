<?php
/**
 * Tandem's page under the WooCommerce menu: how things stand, and the few settings that belong to this WordPress.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

use Tandem\Connection;
use Tandem\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * It is shown at once with what was last heard; the script asks anew.
 */
final class Page {

	const SLUG = 'tandem-for-woocommerce';

	/**
	 * The menu's entry.
	 */
	public static function register() {
		add_submenu_page(
			'woocommerce',
			__( 'Tandem', 'tandem-for-woocommerce' ),
			__( 'Tandem', 'tandem-for-woocommerce' ),
			Admin::CAPABILITY,
			self::SLUG,
			array( self::class, 'show' )
		);
	}

	/**
	 * The script and the style, on our page and on the list of orders only.
	 *
	 * @param string $hook_suffix Of the screen.
	 */
	public static function enqueue( $hook_suffix ) {
		$here = 'woocommerce_page_' . self::SLUG === $hook_suffix;
		if ( ( ! $here && ! Orders_Column::is_here( $hook_suffix ) ) || ! current_user_can( Admin::CAPABILITY ) ) {
			return;
		}
		wp_enqueue_style( 'tandem-admin', plugins_url( 'assets/admin.css', TANDEM_FILE ), array(), TANDEM_VERSION );
		if ( ! Connection::current()->speaks() ) {
			return;
		}
		wp_enqueue_script( 'tandem-admin', plugins_url( 'assets/admin.js', TANDEM_FILE ), array( 'wp-api-fetch', 'wp-i18n' ), TANDEM_VERSION, true );
		wp_set_script_translations( 'tandem-admin', 'tandem-for-woocommerce', plugin_dir_path( TANDEM_FILE ) . 'languages' );
	}

	/**
	 * A link to the page in the list of plugins.
	 *
	 * @param array $links There already.
	 * @return array
	 */
	public static function link( $links ) {
		$ours = sprintf( '<a href="%s">%s</a>', esc_url( Admin::page() ), esc_html__( 'Settings', 'tandem-for-woocommerce' ) );
		return array_merge( array( $ours ), (array) $links );
	}

	/**
	 * Says on Tandem's and WooCommerce's screens that this is a copy, and why nothing leaves it.
	 */
	public static function notice_of_copy() {
		$screen = get_current_screen();
		if ( ! $screen || false === strpos( $screen->id, 'wc-' ) && false === strpos( $screen->id, self::SLUG ) && 'plugins' !== $screen->id ) {
			return;
		}
		if ( ! current_user_can( Admin::CAPABILITY ) || ! Connection::current()->is_copy() ) {
			return;
		}
		printf(
			'<div class="notice notice-warning"><p>%s <a href="%s">%s</a></p></div>',
			esc_html(
				sprintf(
					/* translators: 1: the connected shop's address. */
					__( 'Tandem is silent here: this looks like a copy of %1$s, whose orders only that shop may tell.', 'tandem-for-woocommerce' ),
					Connection::current()->home()
				)
			),
			esc_url( Admin::page() ),
			esc_html__( 'What to do', 'tandem-for-woocommerce' )
		);
	}

	/**
	 * The page.
	 */
	public static function show() {
		if ( ! current_user_can( Admin::CAPABILITY ) ) {
			return;
		}
		$connection = Connection::current();
		echo '<div class="wrap tandem"><h1>' . esc_html__( 'Tandem', 'tandem-for-woocommerce' ) . '</h1>';
		self::say();
		if ( ! $connection->is_connected() ) {
			self::unconnected();
		} elseif ( $connection->is_copy() ) {
			self::copy( $connection );
		} else {
			self::connected();
		}
		self::pixels();
		if ( $connection->is_connected() ) {
			self::settings();
		}
		echo '</div>';
	}

	/**
	 * What became of the button that was pressed.
	 */
	private static function say() {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- it only chooses a sentence.
		$said = isset( $_GET['tandem'] ) ? sanitize_key( wp_unslash( $_GET['tandem'] ) ) : '';
		if ( 'no-dashboard' === $said ) {
			$trouble = (string) get_transient( Deeds::trouble_of_mine() );
			delete_transient( Deeds::trouble_of_mine() );
			self::notice( 'error', '' === $trouble ? __( 'The dashboard cannot be opened at this moment.', 'tandem-for-woocommerce' ) : $trouble );
			return;
		}
		$words = array(
			'saved'      => array( 'success', __( 'Saved.', 'tandem-for-woocommerce' ) ),
			'forgotten'  => array( 'success', __( 'The connection is forgotten here.', 'tandem-for-woocommerce' ) ),
			'no-address' => array( 'error', __( 'That is no address of a Tandem: it looks like https://tandem.example.com.', 'tandem-for-woocommerce' ) ),
		);
		if ( isset( $words[ $said ] ) ) {
			self::notice( ...$words[ $said ] );
		}
	}

	/**
	 * A sentence on top of the page.
	 *
	 * @param string $kind     success or error.
	 * @param string $sentence Plain text.
	 */
	private static function notice( string $kind, string $sentence ) {
		printf( '<div class="notice notice-%s is-dismissible"><p>%s</p></div>', esc_attr( $kind ), esc_html( $sentence ) );
	}

	/**
	 * Before there is a connection.
	 */
	private static function unconnected() {
		self::card_begins( __( 'This shop is not connected yet', 'tandem-for-woocommerce' ) );
		echo '<p>' . esc_html__( 'Tandem tells Meta of each order from your server, with the same id as your Pixel, so that Meta counts it once, and counts it even where the browser told nothing. Connecting changes nothing in your shop’s pages, and nothing goes to Meta until you say so.', 'tandem-for-woocommerce' ) . '</p>';
		self::connect_form( __( 'Connect this shop', 'tandem-for-woocommerce' ) );
		echo '<p class="description">' . esc_html__( 'WooCommerce will ask you to approve it. Then you come to Tandem’s page of your shop.', 'tandem-for-woocommerce' ) . '</p></div>';
	}

	/**
	 * On a copy of the shop.
	 *
	 * @param Connection $connection Of the shop this is a copy of.
	 */
	private static function copy( Connection $connection ) {
		self::card_begins( __( 'Silent: this is a copy', 'tandem-for-woocommerce' ) );
		$why = $connection->is_elsewhere()
			/* translators: 1: address of the connected shop; 2: address of this one. */
			? sprintf( __( 'The connected shop is %1$s, and this is %2$s. A copy has the same order numbers as the shop it was made of: what it told would be taken for orders of that shop. So nothing leaves it.', 'tandem-for-woocommerce' ), $connection->home(), Connection::home_now() )
			: __( 'WordPress says that this is not the live shop (its environment is not “production”), and it was live when it was connected. So nothing leaves it.', 'tandem-for-woocommerce' );
		echo '<p>' . esc_html( $why ) . '</p><p>' . esc_html__( 'If your shop has moved here for good, connect it again.', 'tandem-for-woocommerce' ) . '</p>';
		self::connect_form( __( 'This is my shop: connect it', 'tandem-for-woocommerce' ) );
		echo '</div>';
	}

	/**
	 * The button that connects, with the address of Tandem to be typed where nobody knows it.
	 *
	 * @param string $label Of the button.
	 */
	private static function connect_form( string $label ) {
		$service = Service_Address::known();
		echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
		Deeds::fields( 'connect' );
		if ( '' === $service ) {
			printf(
				'<p><label for="tandem-service">%s</label><br><input type="text" id="tandem-service" name="service" class="regular-text code" placeholder="https://tandem.example.com" required></p><p class="description">%s</p>',
				esc_html__( 'Address of your Tandem', 'tandem-for-woocommerce' ),
				esc_html__( 'Whoever runs Tandem for you knows it: it is where you got this plugin.', 'tandem-for-woocommerce' )
			);
		}
		submit_button( $label, 'primary', 'submit', false );
		if ( '' !== $service ) {
			/* translators: 1: host of the Tandem that runs for this shop. */
			echo ' <span class="description">' . esc_html( sprintf( __( 'at %1$s', 'tandem-for-woocommerce' ), (string) wp_parse_url( $service, PHP_URL_HOST ) ) ) . '</span>';
		}
		echo '</form>';
	}

	/**
	 * How things stand, as last heard.
	 */
	private static function connected() {
		$last  = get_transient( Background::LAST_STATE );
		$state = is_array( $last ) ? $last : array();
		self::card_begins( __( 'Connected', 'tandem-for-woocommerce' ) );
		printf(
			'<div id="tandem-state" aria-live="polite"><p class="tandem-sentence">%s</p><p class="tandem-arrivals">%s</p><ul class="tandem-alerts">%s</ul></div>',
			esc_html( empty( $state['sentence'] ) ? __( 'Asking Tandem how things stand …', 'tandem-for-woocommerce' ) : $state['sentence'] ),
			esc_html( empty( $state['arrivals'] ) ? '' : $state['arrivals'] ),
			implode( '', array_map( array( self::class, 'item' ), empty( $state['alerts'] ) ? array() : (array) $state['alerts'] ) ) // phpcs:ignore WordPress.Security.EscapeOutput -- item() escapes.
		);
		echo '<noscript><p>' . esc_html__( 'Without JavaScript this page does not ask Tandem anew. The dashboard always shows how things stand.', 'tandem-for-woocommerce' ) . '</p></noscript>';
		echo '<form method="post" target="_blank" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
		Deeds::fields( 'dashboard' );
		submit_button( __( 'Open the dashboard', 'tandem-for-woocommerce' ), 'primary', 'submit', false );
		echo '</form></div>';
	}

	/**
	 * One alert.
	 *
	 * @param mixed $sentence Plain text.
	 */
	private static function item( $sentence ): string {
		return '<li>' . esc_html( is_string( $sentence ) ? $sentence : '' ) . '</li>';
	}

	/**
	 * Who else tells Meta.
	 */
	private static function pixels() {
		$found = Other_Pixels::found();
		self::card_begins( __( 'Who else tells Meta', 'tandem-for-woocommerce' ) );
		if ( array() === $found ) {
			echo '<p>' . esc_html__( 'No other plugin that we know tells Meta of this shop. A Pixel pasted into the theme is not seen from here.', 'tandem-for-woocommerce' ) . '</p></div>';
			return;
		}
		echo '<p>' . esc_html__( 'Meta counts a purchase twice that two senders tell under different ids. Only one may tell Purchase for a dataset; before you go live, switch it off in the others.', 'tandem-for-woocommerce' ) . '</p><ul class="ul-disc">';
		foreach ( $found as $one ) {
			printf( '<li><strong>%s</strong> <code>%s</code></li>', esc_html( $one['name'] ), esc_html( array() === $one['ids'] ? __( 'no id found', 'tandem-for-woocommerce' ) : implode( ', ', $one['ids'] ) ) );
		}
		echo '</ul></div>';
	}

	/**
	 * What belongs to this WordPress; everything else is set on the dashboard.
	 */
	private static function settings() {
		$settings = Settings::all();
		self::card_begins( __( 'Settings', 'tandem-for-woocommerce' ) );
		echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
		Deeds::fields( 'save' );
		printf(
			'<p><label><input type="checkbox" name="checkout_created" value="1"%s> %s</label></p>',
			checked( $settings['checkout_created'], true, false ),
			esc_html__( 'Tell Tandem when a checkout is begun', 'tandem-for-woocommerce' )
		);
		printf( '<p><label for="tandem-ip">%s</label><br><select id="tandem-ip" name="ip_header">', esc_html__( 'The shopper’s address is taken from', 'tandem-for-woocommerce' ) );
		foreach ( Settings::IP_HEADERS as $header ) {
			printf(
				'<option value="%s"%s>%s</option>',
				esc_attr( $header ),
				selected( $settings['ip_header'], $header, false ),
				esc_html( '' === $header ? __( 'the connection itself', 'tandem-for-woocommerce' ) : $header )
			);
		}
		printf( '</select></p><p class="description">%s</p>', esc_html__( 'Choose a header only if a proxy of yours (Cloudflare, a load balancer) stands before the shop and sets it: otherwise anyone could make up an address.', 'tandem-for-woocommerce' ) );
		submit_button( __( 'Save', 'tandem-for-woocommerce' ), 'secondary', 'submit', false );
		echo '</form><form method="post" class="tandem-forget" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
		Deeds::fields( 'forget' );
		echo '<p class="description">' . esc_html__( 'To disconnect the shop, open the dashboard and choose “Disconnect”: that also takes away the webhooks. If Tandem cannot be reached any more, forget the connection here.', 'tandem-for-woocommerce' ) . '</p>';
		submit_button( __( 'Forget the connection', 'tandem-for-woocommerce' ), 'link-delete', 'submit', false );
		echo '</form></div>';
	}

	/**
	 * A card with its heading; whoever begins it ends it.
	 *
	 * @param string $heading Plain text.
	 */
	private static function card_begins( string $heading ) {
		echo '<div class="card"><h2>' . esc_html( $heading ) . '</h2>';
	}
}
