<?php
/**
 * The body of checkout.created.
 *
 * @package Tandem
 */

use Tandem\Checkout_Body;

require __DIR__ . '/logic.php';

const CART    = array(
	'currency'           => 'EUR',
	'prices_include_tax' => true,
	'subtotal'           => '39.80',
	'line_items'         => array( array( 'product_id' => 11, 'variation_id' => 0, 'sku' => 'MUG', 'quantity' => 2, 'total' => '33.44', 'total_tax' => '6.36' ) ),
);
const SIGNALS = array( '_tandem_consent' => '{"marketing":true}', '_fbp' => 'fb.1.1700000000000.1', '_tandem_checkout_token' => 'aa' );

function body( array $billing, int $id = 0, array $signals = SIGNALS ) {
	return Checkout_Body::of( 'aa', '2026-11-24T14:02:07', CART, array( 'id' => $id, 'billing' => $billing ), $signals );
}

$body = body( array( 'email' => ' Ann@Example.com ', 'phone' => '', 'country' => 'DE', 'company' => 'X' ), 7 );
it( 'has WooCommerce\'s shapes', json_encode( $body ), '{"checkout_token":"aa","created_at_gmt":"2026-11-24T14:02:07","currency":"EUR","prices_include_tax":true,"subtotal":"39.80","line_items":[{"product_id":11,"variation_id":0,"sku":"MUG","quantity":2,"total":"33.44","total_tax":"6.36"}],"billing":{"email":"Ann@Example.com","country":"DE"},"meta_data":[{"key":"_tandem_consent","value":"{\"marketing\":true}"},{"key":"_fbp","value":"fb.1.1700000000000.1"}],"customer_id":7}' );
it( 'has an object of billing where nothing is known', json_encode( body( array() )['billing'] ), '{}' );
it( 'has no customer for a guest', array_key_exists( 'customer_id', body( array() ) ), false );
it( 'drops what is no text and what is endless', Checkout_Body::billing( array( 'email' => array( 'x' ), 'phone' => 5, 'city' => str_repeat( 'x', 201 ), 'state' => 'BE' ) ), array( 'state' => 'BE' ) );

it( 'is news once somebody is known', Checkout_Body::gist( body( array() ) ) === Checkout_Body::gist( body( array( 'email' => 'ann@example.com' ) ) ), false );
it( 'is news once a phone is known', Checkout_Body::gist( body( array( 'email' => 'a@b.de' ) ) ) === Checkout_Body::gist( body( array( 'email' => 'a@b.de', 'phone' => '1' ) ) ), false );
it( 'is news once consent is stated', Checkout_Body::gist( body( array() ) ) === Checkout_Body::gist( body( array(), 0, array() ) ), false );
it( 'is no news where the city was typed', Checkout_Body::gist( body( array() ) ), Checkout_Body::gist( body( array( 'city' => 'Berlin' ) ) ) );
it( 'is no news where the e-mail is written otherwise', Checkout_Body::gist( body( array( 'email' => 'Ann@example.com' ) ) ), Checkout_Body::gist( body( array( 'email' => 'ann@example.com' ) ) ) );
