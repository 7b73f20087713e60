<?php
/**
 * Says, for each recorded order and plan in /cases/cases.json, what the Pixel's half makes of it.
 *
 * @package Tandem
 */

define( 'ABSPATH', '/nowhere/' );
error_reporting( E_ALL );
require '/plugin/includes/autoload.php';

$cases  = json_decode( file_get_contents( '/cases/cases.json' ), true );
$orders = array();
foreach ( $cases['bodies'] as $body ) {
	$body['id']      = (string) $body['id'];
	$body['is_paid'] = null !== $body['date_paid_gmt'];
	$body['lines']   = $body['line_items'];
	$orders[]        = $body;
}
$told = array();
foreach ( $cases['plans'] as $plan ) {
	foreach ( $orders as $order ) {
		$told[] = array(
			'counts'      => Tandem\Purchase::counts( $order, $plan ),
			'event_id'    => Tandem\Purchase::event_id( $order, $plan ),
			'custom_data' => Tandem\Purchase::custom_data( $order, $plan ),
			'buyer'       => array_keys( Tandem\Plan::without_left_out( $cases['buyer'], $plan ) ),
		);
	}
}
echo 'TOLD ' . json_encode( $told );
