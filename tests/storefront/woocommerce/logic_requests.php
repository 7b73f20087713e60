<?php
/**
 * Where a shopper comes from: IP addresses and landing pages.
 *
 * @package Tandem
 */

use Tandem\Client_Ip;
use Tandem\Landing_Page;

require __DIR__ . '/logic.php';

const PROXY = array( 'REMOTE_ADDR' => '10.0.0.5' );

it( 'takes the address that connected', Client_Ip::of( array( 'REMOTE_ADDR' => '198.51.100.7' ), '' ), '198.51.100.7' );
it( 'takes an IPv6 address', Client_Ip::of( array( 'REMOTE_ADDR' => '2a00:1450:4001::7' ), '' ), '2a00:1450:4001::7' );
it( 'believes no header of someone who connects from the internet', Client_Ip::of( array( 'REMOTE_ADDR' => '93.184.216.34', 'HTTP_X_REAL_IP' => '8.8.8.8', 'HTTP_X_FORWARDED_FOR' => '8.8.4.4', 'HTTP_CF_CONNECTING_IP' => '1.1.1.1' ), '' ), '93.184.216.34' );
it( 'believes the shop\'s own proxy', Client_Ip::of( PROXY + array( 'HTTP_X_FORWARDED_FOR' => '93.184.216.34' ), '' ), '93.184.216.34' );
it( 'takes what the proxy added last, since what stands before may be invented', Client_Ip::of( PROXY + array( 'HTTP_X_FORWARDED_FOR' => '8.8.8.8, 93.184.216.34' ), '' ), '93.184.216.34' );
it( 'goes past proxies of the shop\'s own network', Client_Ip::of( PROXY + array( 'HTTP_X_FORWARDED_FOR' => '93.184.216.34, 192.168.1.9, 127.0.0.1' ), '' ), '93.184.216.34' );
it( 'takes X-Real-IP where nothing else is told', Client_Ip::of( PROXY + array( 'HTTP_X_REAL_IP' => '93.184.216.34' ), '' ), '93.184.216.34' );
it( 'takes the port off', Client_Ip::of( PROXY + array( 'HTTP_X_FORWARDED_FOR' => '93.184.216.34:4711' ), '' ), '93.184.216.34' );
it( 'takes brackets and port off', Client_Ip::of( PROXY + array( 'HTTP_X_FORWARDED_FOR' => '[2a00:1450:4001::7]:4711' ), '' ), '2a00:1450:4001::7' );
it( 'stays with the proxy where it tells nothing', Client_Ip::of( PROXY, '' ), '10.0.0.5' );
it( 'stays with the proxy where it tells nonsense', Client_Ip::of( PROXY + array( 'HTTP_X_FORWARDED_FOR' => 'unknown, <script>' ), '' ), '10.0.0.5' );
it( 'takes the header that the merchant named', Client_Ip::of( array( 'REMOTE_ADDR' => '93.184.216.34', 'HTTP_CF_CONNECTING_IP' => '8.8.8.8' ), 'CF-Connecting-IP' ), '8.8.8.8' );
it( 'takes the connection where that header is missing', Client_Ip::of( array( 'REMOTE_ADDR' => '93.184.216.34', 'HTTP_X_REAL_IP' => '8.8.8.8' ), 'CF-Connecting-IP' ), '93.184.216.34' );
it( 'knows nothing where nothing is told', array( Client_Ip::of( array(), '' ), Client_Ip::of( array( 'REMOTE_ADDR' => 'x' ), '' ), Client_Ip::of( array( 'REMOTE_ADDR' => array() ), '' ) ), array( '', '', '' ) );

it( 'keeps an address with its query', Landing_Page::clean( 'https://shop.example/hats?utm_source=fb&fbclid=Ab_C' ), 'https://shop.example/hats?utm_source=fb&fbclid=Ab_C' );
it( 'drops the fragment', Landing_Page::clean( 'https://shop.example/hats#size' ), 'https://shop.example/hats' );
it( 'drops what opens a door', Landing_Page::clean( 'https://shop.example/?key=wc_order_1&a=1&_wpnonce=2&token=3' ), 'https://shop.example/?a=1' );
it( 'drops names of people in any case and in brackets', Landing_Page::clean( 'https://shop.example/?Email=x&form[first_name]=Ann&b=2' ), 'https://shop.example/?b=2' );
it( 'drops an e-mail address under any name', Landing_Page::clean( 'https://shop.example/?u=ann%40example.com&v=ann@example.com&c=3' ), 'https://shop.example/?c=3' );
it( 'drops a query of which nothing is left', Landing_Page::clean( 'https://shop.example/?key=1' ), 'https://shop.example/' );
it( 'drops the query of an address that is too long, and no half of it', Landing_Page::clean( 'https://shop.example/?a=' . str_repeat( 'b', 2000 ) ), 'https://shop.example/' );
it( 'refuses a page that is too long by itself', Landing_Page::clean( 'https://shop.example/' . str_repeat( 'b', 2000 ) ), '' );
foreach ( array( '', 'shop.example', '/hats', 'javascript:alert(1)', 'ftp://shop.example/', 'https://ann:pw@shop.example/', 'https://shop.example/"><script>', "https://shop.example/\nx", 'https://shop.example/ä', 'https://' ) as $no ) {
	it( "refuses $no as a landing page", Landing_Page::clean( $no ), '' );
}
