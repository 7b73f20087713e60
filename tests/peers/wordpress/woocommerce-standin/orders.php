<?php
// Orders in one option, each with its properties and its meta: nothing is kept that was not saved.

defined( 'ABSPATH' ) || exit;

abstract class WC_Abstract_Order extends WC_Data {
}

class WC_Order extends WC_Abstract_Order {
	protected $data = array(
		'status'              => 'pending',
		'currency'            => 'USD',
		'total'               => '0.00',
		'order_key'           => '',
		'customer_id'         => 0,
		'created_via'         => '',
		'payment_method'      => '',
		'customer_ip_address' => '',
		'customer_user_agent' => '',
		'billing_email'       => '',
		'billing_phone'       => '',
		'billing_first_name'  => '',
		'billing_last_name'   => '',
		'billing_city'        => '',
		'billing_state'       => '',
		'billing_postcode'    => '',
		'billing_country'     => '',
		'items'               => array(),
		'date_paid'           => null,
	);

	public static function kept() {
		return get_option( 'standin_orders', array() );
	}

	public static function found( $id ) {
		$kept = self::kept()[ $id ] ?? null;
		if ( null === $kept ) {
			return false;
		}
		$order       = new self( $kept['data'] );
		$order->id   = $id;
		$order->meta = $kept['meta'];
		return $order;
	}

	public function save() {
		$all      = self::kept();
		$is_new   = 0 === $this->id;
		$this->id = $is_new ? 100 + count( $all ) : $this->id;
		if ( '' === $this->data['order_key'] ) {
			$this->data['order_key'] = 'wc_order_' . wp_generate_password( 13, false );
		}
		$all[ $this->id ] = array(
			'data' => $this->data,
			'meta' => $this->meta,
		);
		update_option( 'standin_orders', $all, false );
		do_action( $is_new ? 'woocommerce_new_order' : 'woocommerce_update_order', $this->id, $this );
		return $this->id;
	}

	public function save_meta_data() {
		$this->save();
	}

	public function get_order_number() {
		return (string) $this->id;
	}

	public function get_items() {
		return $this->data['items'];
	}

	public function is_paid() {
		return in_array( $this->data['status'], array( 'processing', 'completed' ), true );
	}

	public function update_status( $status ) {
		$before               = $this->data['status'];
		$this->data['status'] = $status;
		$this->save();
		do_action( 'woocommerce_order_status_changed', $this->id, $before, $status, $this );
	}

	public function payment_complete() {
		$this->data['date_paid'] = time();
		$this->update_status( 'processing' );
		do_action( 'woocommerce_payment_complete', $this->id, '' );
	}

	public function get_checkout_order_received_url() {
		return add_query_arg( array( 'order-received' => $this->id, 'key' => $this->data['order_key'] ), home_url( '/' ) );
	}
}

function wc_get_order( $order = false ) {
	return $order instanceof WC_Order ? $order : WC_Order::found( (int) $order );
}

/** `include`, `limit` and `return` of WooCommerce's many words; newest first. */
function wc_get_orders( $words ) {
	$ids = array_reverse( array_keys( WC_Order::kept() ) );
	$ids = isset( $words['include'] ) ? array_values( array_intersect( $ids, $words['include'] ) ) : $ids;
	$ids = ( $words['limit'] ?? -1 ) > 0 ? array_slice( $ids, 0, $words['limit'] ) : $ids;
	return 'ids' === ( $words['return'] ?? 'objects' ) ? $ids : array_map( 'wc_get_order', $ids );
}
