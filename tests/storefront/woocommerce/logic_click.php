<?php
/**
 * Click ids and Meta's cookies.
 *
 * @package Tandem
 */

use Tandem\Click;

require __DIR__ . '/logic.php';

const NOW   = 1795553623123.0;
const CLICK = 'IwAR0AbC_dE-f_aem_XyZ';

it( 'takes the Pixel\'s own cookie', Click::is_metas( 'fb.1.1700000000000.1234567' ), true );
it( 'takes a fifth part, which Meta\'s newer kits add', Click::is_metas( 'fb.1.1764017000000.IwAR0AbC.AQIBAQEA' ), true );
it( 'takes index 0 and two digits', array( Click::is_metas( 'fb.0.1700000000000.1' ), Click::is_metas( 'fb.12.1700000000000.1' ) ), array( true, true ) );
it( 'takes seconds, which are wrong but are the browser\'s', Click::is_metas( 'fb.1.1700000000.1' ), true );
it( 'takes a click id with a plus', Click::is_metas( 'fb.1.1700000000000.a+b/c=' ), true );
foreach ( array( '', 'fb', 'fb.1', 'fb.1.1700000000000', 'fb.1.1700000000000.', 'FB.1.1700000000000.1', 'fb.x.1700000000000.1', 'xfb.1.1700000000000.1', "fb.1.1700000000000.1\n", 'fb.1.1700000000000.a b', 'fb.1.1700000000000.a;b', 'fb.1.1700000000000.a,b', 'fb.1.1700000000000.a"b', 'fb.1.1700000000000.ä', 'GA1.2.3.4', '<script>', 'fb.1.1700000000000.' . str_repeat( 'a', 1000 ) ) as $no ) {
	it( "refuses $no as a cookie of Meta's", Click::is_metas( $no ), false );
}

it( 'finds the click in an address, in its own case', Click::in_address( 'https://shop.example/?a=1&fbclid=' . CLICK . '&b=2#top' ), CLICK );
it( 'decodes it once', Click::in_address( 'https://shop.example/?fbclid=a%2Bb%252F' ), 'a+b%2F' );
it( 'takes a bare plus for the space it stands for, and so for no click', Click::in_address( 'https://shop.example/?fbclid=a+b' ), '' );
it( 'takes the first of two', Click::in_address( 'https://shop.example/?fbclid=one&fbclid=two' ), 'one' );
it( 'finds no click in an empty fbclid', Click::in_address( 'https://shop.example/?fbclid=&b=2' ), '' );
it( 'finds none after the hash', Click::in_address( 'https://shop.example/#?fbclid=one' ), '' );
it( 'finds none in another name', Click::in_address( 'https://shop.example/?xfbclid=one&fbclid_=two&FBCLID=three' ), '' );
it( 'finds none in the path', Click::in_address( 'https://shop.example/fbclid=one' ), '' );
it( 'finds none in nothing', Click::in_address( '' ), '' );
it( 'refuses one that would end a cookie', Click::in_address( 'https://shop.example/?fbclid=a%3Bb' ), '' );
it( 'refuses one that is cut off nowhere', Click::in_address( 'https://shop.example/?fbclid=' . str_repeat( 'a', 1001 ) ), '' );

it( 'reads our own cookie', Click::in_cookie( '1795500000000.' . CLICK, NOW ), array( 'fbclid' => CLICK, 'seen' => 1795500000000.0 ) );
it( 'reads a click id with dots', Click::in_cookie( '1795500000000.a.b.c', NOW ), array( 'fbclid' => 'a.b.c', 'seen' => 1795500000000.0 ) );
it( 'sees nothing in the future, whatever the shopper\'s clock says', Click::in_cookie( '1999999999999.' . CLICK, NOW ), array( 'fbclid' => CLICK, 'seen' => NOW ) );
it( 'forgets a click of more than 90 days ago', Click::in_cookie( sprintf( '%.0f.', NOW - 90 * 86400000.0 - 1 ) . CLICK, NOW ), array() );
it( 'keeps one of 90 days ago', Click::in_cookie( sprintf( '%.0f.', NOW - 90 * 86400000.0 ) . CLICK, NOW ), array( 'fbclid' => CLICK, 'seen' => NOW - 90 * 86400000.0 ) );
foreach ( array( '', CLICK, '1795500000.' . CLICK, '1795500000000.', '.x', '1795500000000.a b', "1795500000000.a\n", '-795500000000.a' ) as $no ) {
	it( "finds no click in our cookie where it says $no", Click::in_cookie( $no, NOW ), array() );
}

$landed = 'https://shop.example/?fbclid=' . CLICK;
it( 'times a click of the session by the session\'s beginning, in UTC', Click::in_session( $landed, '2026-11-23 10:00:00', NOW ), array( 'fbclid' => CLICK, 'seen' => 1795428000000.0 ) );
it( 'times it by now where the session has none', Click::in_session( $landed, '', NOW ), array( 'fbclid' => CLICK, 'seen' => NOW ) );
it( 'times it by now where the session\'s is nonsense', Click::in_session( $landed, 'yesterday', NOW ), array( 'fbclid' => CLICK, 'seen' => NOW ) );
it( 'times it by now where no such day is', Click::in_session( $landed, '2026-99-99 10:00:00', NOW ), array( 'fbclid' => CLICK, 'seen' => NOW ) );
it( 'finds none in a session without one', Click::in_session( 'https://shop.example/', '2026-11-23 10:00:00', NOW ), array() );
