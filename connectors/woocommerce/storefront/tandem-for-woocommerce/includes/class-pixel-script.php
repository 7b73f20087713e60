<?php
/**
 * Puts the Pixel onto the shop's pages: the plan for everyone, the product for everyone who looks at it, and the shopper's
 * own checkout or order on pages that no cache may keep.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The script and the facts it reads, as `window.tandemPixel`.
 */
final class Pixel_Script {

	const HANDLE = 'tandem-pixel';

	/**
	 * Registers the hooks.
	 */
	public static function register() {
		add_action( 'template_redirect', array( self::class, 'keep_out_of_caches' ), 0 );
		// After the checkout was begun, whose token the page holds.
		add_action( 'wp_enqueue_scripts', array( self::class, 'enqueue' ) );
		add_action( 'wp_head', array( self::class, 'keep_address' ), 1 );
		add_filter( 'woocommerce_loop_add_to_cart_args', array( self::class, 'mark' ), 10, 2 );
	}

	/**
	 * Pages about one shopper are nobody else's.
	 */
	public static function keep_out_of_caches() {
		if ( is_checkout() && self::is_at_work() ) {
			defined( 'DONOTCACHEPAGE' ) || define( 'DONOTCACHEPAGE', true );
			nocache_headers();
		}
	}

	/**
	 * The page after one about an item never named is not to know, and to tell Meta's script, which one it was.
	 */
	public static function keep_address() {
		if ( self::is_at_work() && self::is_about_unnamed( Plan::current() ) ) {
			echo '<meta name="referrer" content="origin">' . "\n";
		}
	}

	/**
	 * Where some items are never named, the script tells only of buttons that carry a mark: the others say nothing.
	 *
	 * @param mixed $args    Of a button in a list of products.
	 * @param mixed $product Of the button.
	 */
	public static function mark( $args, $product ) {
		$plan = Plan::current();
		if ( is_array( $args ) && $product instanceof \WC_Product && ! empty( $plan['never_named'] ) && ! self::is_unnamed( $product, $plan ) ) {
			$args['attributes']['data-tandem-named'] = '1';
		}
		return $args;
	}

	/**
	 * Enqueues script and facts. Those who manage the shop are no shoppers, but may test both riders. On the page of an item never named there is no
	 * Pixel at all: the page's address alone would name it.
	 */
	public static function enqueue() {
		$plan = Plan::current();
		if ( ! self::is_at_work() || is_preview() || ( current_user_can( 'manage_woocommerce' ) && ! self::is_test() ) || self::is_about_unnamed( $plan ) ) {
			return;
		}
		wp_enqueue_script(
			self::HANDLE,
			plugins_url( 'assets/pixel.js', TANDEM_FILE ),
			array( Click_Script::HANDLE ),
			TANDEM_VERSION,
			array(
				'in_footer' => true,
				'strategy'  => 'defer',
			)
		);
		$facts = array(
			'plan'  => Plan::shown( $plan ),
			'picky' => ! empty( $plan['never_named'] ),
		) + self::facts( $plan );
		$flags = JSON_HEX_TAG | JSON_HEX_AMP;
		wp_add_inline_script( self::HANDLE, 'window.tandemPixel = ' . wp_json_encode( $facts, $flags ) . ';', 'before' );
	}

	/**
	 * Whether the page was opened with the code of a test: the script then tells of nothing else, and the service judges it.
	 */
	private static function is_test(): bool {
		// phpcs:ignore WordPress.Security -- only whether it is there.
		return isset( $_GET['tandem-test'] );
	}

	/**
	 * Whether the service told us a plan, and this is the shop it told it to.
	 */
	private static function is_at_work(): bool {
		return array() !== Plan::current() && Connection::current()->speaks();
	}

	/**
	 * Whether this is the page of an item never named, or of one with such a variation.
	 *
	 * @param array $plan Of Plan.
	 */
	private static function is_about_unnamed( array $plan ): bool {
		$product = ! empty( $plan['never_named'] ) && is_product() ? wc_get_product( get_queried_object_id() ) : null;
		return $product && self::is_unnamed( $product, $plan );
	}

	/**
	 * Whether a product, or one of its variations, is never named.
	 *
	 * @param \WC_Product $product Any.
	 * @param array       $plan    Of Plan.
	 */
	private static function is_unnamed( $product, array $plan ): bool {
		foreach ( array_merge( array( $product ), array_map( 'wc_get_product', $product->get_children() ) ) as $one ) {
			if ( $one && Unnamed::has( Order_Facts::product( $one ), $plan['content_id_template'], $plan['never_named'] ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * What this page is about.
	 *
	 * @param array $plan Of Plan.
	 */
	private static function facts( array $plan ): array {
		if ( is_order_received_page() ) {
			$order = self::order_of_page();
			return $order ? self::of_order( $order, $plan ) : array();
		}
		if ( is_checkout() && ! is_wc_endpoint_url() ) {
			return self::of_checkout( $plan );
		}
		if ( is_product() ) {
			$product = wc_get_product( get_queried_object_id() );
			return $product ? array( 'product' => self::of_product( $product, $plan ) ) : array();
		}
		return is_search() ? array( 'search' => get_search_query( false ) ) : array();
	}

	/**
	 * The order that this thank-you page is of, if the address holds its key. The block page and the classic one alike;
	 * the hook of the page may have been taken away by the merchant.
	 *
	 * @return \WC_Order|null
	 */
	private static function order_of_page() {
		$order = wc_get_order( absint( get_query_var( 'order-received' ) ) );
		// phpcs:ignore WordPress.Security -- the key is the proof, and is compared only.
		$key = isset( $_GET['key'] ) && is_string( $_GET['key'] ) ? wp_unslash( $_GET['key'] ) : '';
		$own = $order instanceof \WC_Order && '' !== $key && hash_equals( (string) $order->get_order_key(), $key );
		return $own ? $order : null;
	}

	/**
	 * A purchase: what is told, whether it counts yet, and the proof that this browser stands before it.
	 *
	 * @param \WC_Order $order Of the page.
	 * @param array     $plan  Of Plan.
	 */
	private static function of_order( $order, array $plan ): array {
		$facts = Order_Facts::of( $order );
		return array(
			'order'    => $facts['id'],
			// The checkout is an event of its own: what is said here is said of it, too.
			'begun'    => (string) $order->get_meta( '_tandem_checkout_token' ),
			'token'    => Page_Token::of( Page_Token::ORDER, $facts['id'], Connection::current()->secret(), time() ),
			'buyer'    => (object) Plan::without_left_out( Order_Facts::buyer( $order ), $plan ),
			'purchase' => array(
				'counts' => Purchase::counts( $facts, $plan ),
				'id'     => Purchase::event_id( $facts, $plan ),
				'data'   => Purchase::custom_data( $facts, $plan ),
			),
		);
	}

	/**
	 * A checkout, if one was begun: its token is the id of what is told of it.
	 *
	 * @param array $plan Of Plan.
	 */
	private static function of_checkout( array $plan ): array {
		$token = Checkout_Session::token();
		if ( '' === $token || ! WC()->cart ) {
			return array();
		}
		$cart = Cart_Facts::of_cart( WC()->cart );
		$data = array(
			'value'    => Decimals::number( max( 0.0, Decimals::part( $cart['subtotal'] ) ), $cart['currency'] ),
			'currency' => $cart['currency'],
		);
		return array(
			'checkout' => $token,
			'token'    => Page_Token::of( Page_Token::CHECKOUT, $token, Connection::current()->secret(), time() ),
			'data'     => $data + Purchase::contents( $cart['line_items'], $cart['currency'], $cart['prices_include_tax'], $plan['content_id_template'], $plan['never_named'] ?? array() ),
		);
	}

	/**
	 * A product, the same for everyone who looks at it, and its variations as far as the page holds them.
	 *
	 * @param \WC_Product $product Of the page.
	 * @param array       $plan    Of Plan.
	 */
	private static function of_product( $product, array $plan ): array {
		$line     = Order_Facts::product( $product );
		$currency = get_woocommerce_currency();
		return array(
			'value'    => Decimals::number( max( 0.0, Decimals::part( $line['total'] ) ), $currency ),
			'currency' => $currency,
		) + Purchase::contents( array( $line ), $currency, false, $plan['content_id_template'] );
	}
}
