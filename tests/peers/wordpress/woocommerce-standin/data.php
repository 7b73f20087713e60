<?php
// Things with properties, as WooCommerce has them: get_NAME() and set_NAME() for each.

defined( 'ABSPATH' ) || exit;

abstract class WC_Data {
	protected $id = 0;
	protected $data = array();
	protected $meta = array();

	public function __construct( $data = array() ) {
		$this->data = array_merge( $this->data, $data );
	}

	public function __call( $name, $told ) {
		list( $verb, $property ) = explode( '_', $name, 2 ) + array( '', '' );
		if ( 'set' === $verb ) {
			$this->data[ $property ] = $told[0];
			return;
		}
		if ( 'get' === $verb && array_key_exists( $property, $this->data ) ) {
			return $this->data[ $property ];
		}
		throw new BadMethodCallException( static::class . "::$name() is not in the stand-in of WooCommerce" );
	}

	public function get_id() {
		return $this->id;
	}

	public function get_meta( $key = '', $single = true ) {
		$found = $this->meta[ $key ] ?? ( $single ? '' : array() );
		return $single || ! isset( $this->meta[ $key ] ) ? $found : array( $this->kept_meta( $key ) );
	}

	public function meta_exists( $key = '' ) {
		return array_key_exists( $key, $this->meta );
	}

	public function get_meta_data() {
		return array_map( array( $this, 'kept_meta' ), array_keys( $this->meta ) );
	}

	public function update_meta_data( $key, $value ) {
		$this->meta[ $key ] = $value;
	}

	/** WooCommerce may keep several of one key; nobody here needs that. */
	public function add_meta_data( $key, $value, $unique = false ) {
		$this->meta[ $key ] = $value;
	}

	public function delete_meta_data( $key ) {
		unset( $this->meta[ $key ] );
	}

	private function kept_meta( $key ) {
		return (object) array(
			'key'   => $key,
			'value' => $this->meta[ $key ],
		);
	}
}
