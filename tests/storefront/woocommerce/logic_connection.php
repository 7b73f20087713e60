<?php
/**
 * Addresses of shops, and the connection that the service tells.
 *
 * @package Tandem
 */

use Tandem\Home;
use Tandem\Told_Connection;

require __DIR__ . '/logic.php';

const TOLD = array(
	'version'     => 1,
	'public_url'  => 'https://tandem.example',
	'public_key'  => '0123456789abcdef0123456789abcdef',
	'webhook_url' => 'https://tandem.example/webhooks/woocommerce/abc',
	'secret'      => 'AAAAAAAAAABBBBBBBBBBAAAAAAAAAABBBBBBBBBB',
);

foreach ( array( 'http://shop.example', 'https://shop.example/', 'https://www.shop.example', 'HTTPS://Shop.Example', 'https://shop.example:443', 'http://shop.example:80/' ) as $same ) {
	it( "takes $same for the same shop", Home::key( $same ), 'shop.example' );
}
foreach ( array( 'https://staging.shop.example', 'https://shop.example/staging', 'https://shop.example:8443', 'https://shop.example.test', 'http://localhost', '' ) as $other ) {
	it( "takes $other for another shop", Home::key( $other ) === 'shop.example', false );
}
it( 'takes no address for no shop', array( Home::key( '' ), Home::key( 'shop' ), Home::key( 'http:///x' ) ), array( '', '', '' ) );

foreach ( array( 'https://tandem.example', 'https://tandem.example:8443/base', 'http://127.0.0.1:8000', 'http://localhost:8000', 'http://[::1]:8000', 'HTTPS://tandem.example' ) as $safe ) {
	it( "tells secrets to $safe", Home::is_safe( $safe ), true );
}
foreach ( array( '', 'tandem.example', 'http://tandem.example', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'http://128.0.0.1', 'https://a:b@tandem.example', 'https://tandem.example/?x', 'https://tandem.example/#x', 'https://tandem.example\\@evil.example', "https://tandem.example/\n", 'https://tändem.example', 'javascript://x', 'file:///etc/passwd', 'https://', 'https://x/' . str_repeat( 'a', 500 ) ) as $no ) {
	it( "tells no secret to $no", Home::is_safe( $no ), false );
}

it( 'takes a connection', Told_Connection::problem( TOLD ), '' );
it( 'takes one on loopback, for developers', Told_Connection::problem( array( 'public_url' => 'http://127.0.0.1:8000', 'webhook_url' => 'http://127.0.0.1:8000/webhooks/woocommerce/abc' ) + TOLD ), '' );
$wrong = array(
	'version'     => array( null, '1', 2, true ),
	'public_url'  => array( null, 5, array(), '', 'http://tandem.example', 'https://tandem.example/', 'https://other.example' ),
	'public_key'  => array( null, '', '0123456789ABCDEF0123456789ABCDEF', '0123456789abcdef', "0123456789abcdef0123456789abcdef\n" ),
	'webhook_url' => array( null, '', 'https://other.example/webhooks/woocommerce/abc', 'https://tandem.example.evil/webhooks/woocommerce/abc', 'https://tandem.example/webhooks/shopify', 'https://tandem.example/webhooks/woocommerce/../../elsewhere', 'https://tandem.example/webhooks/woocommerce/abc?x=1', "https://tandem.example/webhooks/woocommerce/abc\n" ),
	'secret'      => array( null, '', str_repeat( 'a', 39 ), str_repeat( 'a', 41 ), str_repeat( '&', 40 ), str_repeat( 'a', 40 ) . "\n" ),
);
foreach ( $wrong as $name => $values ) {
	foreach ( $values as $value ) {
		$problem = Told_Connection::problem( array( $name => $value ) + TOLD );
		it( "refuses $name " . json_encode( $value ), '' === $problem, false );
		it( 'never quotes what it was told', '' !== (string) json_encode( $value ) && is_string( $value ) && strlen( $value ) > 20 && false !== strpos( $problem, $value ), false );
	}
}
foreach ( array( null, '', array(), 'x' ) as $nothing ) {
	it( 'refuses ' . json_encode( $nothing ), '' === Told_Connection::problem( $nothing ), false );
}
