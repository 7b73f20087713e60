<?php
/**
 * The plan of the Pixel, what it tells of an order, and the word that proves a browser's place.
 *
 * @package Tandem
 */

use Tandem\Decimals;
use Tandem\Page_Token;
use Tandem\Plan;
use Tandem\Purchase;
use Tandem\Unnamed;

require __DIR__ . '/logic.php';

const BEACON = 'https://tandem.example/s/0123456789abcdef0123456789abcdef';
const PLAN   = array(
	'version'             => 1,
	'beacon'              => BEACON,
	'tells'               => true,
	'datasets'            => array( '1234567890123456' ),
	'events'              => array( 'PageView', 'Purchase' ),
	'store_key'           => '01234567',
	'event_id_template'   => '{order_id}',
	'content_id_template' => '{variant_id}',
	'purchase_when'       => 'paid',
	'cod_when'            => 'placed',
	'value_basis'         => 'total',
	'limited_data_use'    => 'auto',
	'carrier'             => 'fbq',
	'leave_out'           => array( 'name' ),
	'never_named'         => array( 'MED-*' ),
);
const MUG    = array(
	'product_id'   => 41,
	'variation_id' => 0,
	'sku'          => 'MUG',
	'quantity'     => 2,
	'total'        => '20.00',
	'total_tax'    => '3.80',
);
const BLANKET = array( 'product_id' => 52, 'variation_id' => 57, 'sku' => '', 'quantity' => 3, 'total' => '10.00', 'total_tax' => '1.90' ) + MUG;
const ORDER   = array(
	'id'                 => '1001',
	'number'             => 'A-1001',
	'status'             => 'processing',
	'is_paid'            => true,
	'payment_method'     => 'card',
	'created_via'        => 'checkout',
	'currency'           => 'EUR',
	'total'              => '41.65',
	'shipping_total'     => '5.00',
	'shipping_tax'       => '0.95',
	'total_tax'          => '6.65',
	'prices_include_tax' => false,
	'lines'              => array( MUG, BLANKET ),
);

it( 'takes a plan whole', Plan::clean( PLAN, BEACON ), PLAN );
it( 'keeps nothing it does not know', Plan::clean( PLAN + array( 'secret' => 'x' ), BEACON ), PLAN );
$wrong = array(
	'version'             => array( null, '1', 2 ),
	'beacon'              => array( null, 'https://evil.example/s/0123456789abcdef0123456789abcdef' ),
	'tells'               => array( null, 1, 'true' ),
	'datasets'            => array( null, '1', array( 1 ), array( '1"x' ), array_fill( 0, 51, '1' ) ),
	'events'              => array( null, array( '<script>' ) ),
	'store_key'           => array( null, '', '</script>' ),
	'event_id_template'   => array( null, '', '{other}', '{order_id', str_repeat( 'a', 201 ) ),
	'content_id_template' => array( null, '{order_id}' ),
	'purchase_when'       => array( null, 'later' ),
	'cod_when'            => array( null, true ),
	'value_basis'         => array( null, 'profit' ),
	'limited_data_use'    => array( null, '' ),
	'carrier'             => array( null, 'pigeon' ),
	'leave_out'           => array( 'name', array( 'Name!' ) ),
	'never_named'         => array( 'MED-*', array( '' ), array( "a\nb" ), array( 7 ), array_fill( 0, 101, 'x' ) ),
);
foreach ( $wrong as $name => $values ) {
	foreach ( $values as $value ) {
		it( "has no plan with $name " . json_encode( $value ), Plan::clean( array( $name => $value ) + PLAN, BEACON ), array() );
	}
}
$older = array_diff_key( PLAN, Plan::FOR_US_ALONE );
it( 'takes the plan of a service that leaves nothing out', Plan::clean( $older, BEACON ), $older + array( 'leave_out' => array(), 'never_named' => array() ) );
it( 'takes a hundred items never named', count( Plan::clean( array( 'never_named' => array_fill( 0, 100, 'Ä-1 *' ) ) + PLAN, BEACON )['never_named'] ), 100 );
it( 'shows no page what is decided on the server', Plan::shown( PLAN ), $older );
$buyer = array( 'external_id' => '7', 'em' => 'ann@example.com', 'ph' => '1', 'fn' => 'Ann', 'ln' => 'Lee', 'ct' => 'Paris', 'zp' => '75001', 'country' => 'FR' );
it( 'tells Meta what it may of a buyer', Plan::without_left_out( $buyer, PLAN ), array_diff_key( $buyer, array( 'fn' => 1, 'ln' => 1 ) ) );
it( 'tells all of it where nothing is left out', Plan::without_left_out( $buyer, $older ), $buyer );
$every = array( 'email', 'phone', 'name', 'city', 'state', 'postcode', 'country', 'customer_id' );
it( 'tells nothing of it where all is left out', Plan::without_left_out( $buyer, array( 'leave_out' => $every ) + PLAN ), array() );
it( 'has no plan where none came', array( Plan::clean( null, BEACON ), Plan::clean( 'x', BEACON ) ), array( array(), array() ) );

// How far an order has come, by status, whether it is paid, and cash on delivery: when it counts as paid and as placed.
$standings = array(
	array( 'processing', true, 'card', true, true ),
	array( 'processing', false, 'card', true, true ),
	array( 'completed', false, 'card', true, true ),
	array( 'on-hold', false, 'bacs', false, true ),
	array( 'on-hold', true, 'card', true, true ),
	array( 'pending', false, 'card', false, false ),
	array( 'pending', true, 'card', true, true ),
	array( 'processing', false, 'cod', false, true ),
	array( 'processing', true, 'cod', true, true ),
	array( 'completed', true, 'cod', true, true ),
	array( 'wc-own', false, 'card', false, false ),
	array( 'wc-own', true, 'card', true, true ),
	array( 'failed', true, 'card', false, false ),
	array( 'cancelled', true, 'card', false, false ),
	array( 'refunded', true, 'card', false, false ),
	array( 'trash', true, 'card', false, false ),
	array( 'checkout-draft', true, 'card', false, false ),
);
foreach ( $standings as list( $status, $is_paid, $method, $as_paid, $as_placed ) ) {
	$order = array( 'status' => $status, 'is_paid' => $is_paid, 'payment_method' => $method ) + ORDER;
	foreach ( array( 'paid' => $as_paid, 'placed' => $as_placed ) as $when => $counts ) {
		$plan = array( 'cod' === $method ? 'cod_when' : 'purchase_when' => $when ) + array( 'cod_when' => $when ) + PLAN;
		it( "knows whether $status by $method counts when $when", Purchase::counts( $order, $plan ), $counts );
	}
}
foreach ( array( 'admin', 'subscription' ) as $via ) {
	it( "tells of no order made by $via", Purchase::counts( array( 'created_via' => $via ) + ORDER, PLAN ), false );
}

it( 'names an order by its id', Purchase::event_id( ORDER, PLAN ), '1001' );
it( 'names it as the template wants', Purchase::event_id( ORDER, array( 'event_id_template' => '{store_key}_{order_number}' ) + PLAN ), '01234567_A-1001' );
it( 'names one without a number by its id', Purchase::event_id( array( 'number' => '' ) + ORDER, array( 'event_id_template' => 'n{order_number}' ) + PLAN ), 'n1001' );

$values = array(
	'total'            => 41.65,
	'without_shipping' => 35.7,
	'without_tax'      => 35,
	'subtotal'         => 30,
);
foreach ( $values as $basis => $value ) {
	it( "knows what $basis is worth", Purchase::custom_data( ORDER, array( 'value_basis' => $basis ) + PLAN )['value'], $value );
}
$with_tax = array( 'prices_include_tax' => true ) + ORDER;
it( 'counts items with tax where prices include it', Purchase::custom_data( $with_tax, array( 'value_basis' => 'subtotal' ) + PLAN )['value'], 35.7 );
it( 'never tells less than nothing', Purchase::custom_data( array( 'total' => '1.00' ) + ORDER, array( 'value_basis' => 'without_shipping' ) + PLAN )['value'], 0 );
it( 'tells no value that it cannot read', array_key_exists( 'value', Purchase::custom_data( array( 'total' => '12,50' ) + ORDER, PLAN ) ), false );
it(
	'tells what was bought',
	Purchase::custom_data( ORDER, PLAN ),
	array(
		'order_id'     => '1001',
		'value'        => 41.65,
		'currency'     => 'EUR',
		'content_type' => 'product',
		'content_ids'  => array( '41', '57' ),
		'contents'     => array(
			array( 'id' => '41', 'quantity' => 2, 'item_price' => 10 ),
			array( 'id' => '57', 'quantity' => 3, 'item_price' => 3.33 ),
		),
		'num_items'    => 5,
	)
);
it( 'leaves out products without the id that is asked for, and counts their pieces', Purchase::contents( ORDER['lines'], 'EUR', false, 'shop_{sku}' )['content_ids'], array( 'shop_MUG' ) );
it( 'counts their pieces', Purchase::contents( ORDER['lines'], 'EUR', false, '{sku}' )['num_items'], 5 );
it( 'tells of no contents where there are none', Purchase::contents( array(), 'EUR', false, '{sku}' ), array() );
$fits = array(
	array( '41', true ),
	array( 'mug', true ),
	array( 'M*', true ),
	array( '*u*', true ),
	array( 'm*g', true ),
	array( '*', true ),
	array( 'shop_mug', true ),
	array( 'shop_*', true ),
	array( 'mu', false ),
	array( '4', false ),
	array( '57', false ),
	array( 'mug*mug', false ),
	array( 'm*g*g', false ),
	array( 'm?g', false ),
	array( '.*', false ),
);
foreach ( $fits as list( $pattern, $is_meant ) ) {
	it( "knows whether $pattern is the mug", Unnamed::has( MUG, 'shop_{sku}', array( 'never', $pattern ) ), $is_meant );
}
it( 'knows a variation by its product, too', array( Unnamed::has( BLANKET, '{variant_id}', array( '57' ) ), Unnamed::has( BLANKET, '{variant_id}', array( '52' ) ) ), array( true, true ) );
it( 'takes no missing id for one', Unnamed::has( BLANKET, '{sku}', array( '0', '' ) ), false );
$began = microtime( true );
Unnamed::has( array( 'sku' => str_repeat( 'a', 100 ) ) + MUG, '{sku}', array_fill( 0, 100, str_repeat( 'a*', 49 ) . 'b' ) );
it( 'is quick with any pattern', microtime( true ) - $began < 2, true );
$contents = Purchase::custom_data( ORDER, array( 'never_named' => array( 'MUG' ) ) + PLAN );
it( 'never names what is not to be named', array( $contents['content_ids'], count( $contents['contents'] ), $contents['num_items'], $contents['value'] ), array( array( '57' ), 1, 3, 41.65 ) );
it( 'tells of no contents where none may be named', array_keys( Purchase::custom_data( ORDER, array( 'never_named' => array( '*' ) ) + PLAN ) ), array( 'order_id', 'value', 'currency' ) );
it( 'leaves out lines that nobody can count', Purchase::contents( array( array( 'quantity' => 0.5 ) + MUG, array( 'quantity' => 0 ) + MUG, array( 'total' => '-1.00' ) + MUG ), 'EUR', false, '{sku}' ), array() );

it( 'rounds half up, as tills do, where a float would not', Decimals::number( Decimals::read( '10.005' ), 'EUR' ), 10.01 );
it( 'knows yen and dinar', array( Decimals::number( Decimals::read( '1999.5' ), 'JPY' ), Decimals::number( Decimals::read( '1.2345' ), 'KWD' ) ), array( 2000, 1.235 ) );
it( 'reads no amount that is unclear', array_map( array( Decimals::class, 'read' ), array( '', '12,50', '1e3', 12.5, null, '1.', ' 1.5 ', '-2.00' ) ), array( null, null, null, null, null, null, 1500000.0, -2000000.0 ) );

it(
	'signs a page as the service reads it',
	Page_Token::of( 'order', '1001', 'AAAA', 1800000000 ),
	'order:1001:1800086400:' . hash_hmac( 'sha256', 'page.order:1001:1800086400', 'AAAA' )
);
